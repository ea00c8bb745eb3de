"""Quality-balance evaluation of a province with pandas: openpyxl reads and writes, one file after another.

usage: pandas_openpyxl.py INPUT_FOLDER COUNTIES.csv OUTPUT.xlsx
"""

import argparse
from pathlib import Path

import numpy as np
import pandas as pd
from openpyxl.utils import get_column_letter
from province import (
    ALL_ROLES,
    ANSWERED_SHARE,
    COMBINED_TYPES,
    COMPLETE,
    COMPLETE_WEIGHTS,
    COUNTS,
    COUNTY,
    COUNTY_FILE,
    COUNTY_ITEM,
    COUNTY_NUMBERS,
    COUNTY_VALUE,
    CV_LIMITS,
    FLOOR,
    FORMATS,
    HEADERS,
    INCOMPLETE,
    LEAST_MET,
    MET,
    NINE_YEAR,
    NORMAL_TYPES,
    NOT_MET,
    OVERALL,
    POINT_LEAST,
    QUESTIONS,
    RESIDENCE,
    ROLE,
    ROLES,
    SATISFACTION_LIMIT,
    SATISFIED,
    SCHOOL_FILE,
    SCHOOL_NUMBERS,
    SCHOOL_TEXTS,
    SHARES,
    SPECIAL_TYPES,
    STAGE_NUMBERS,
    STOCKS,
    SURVEY_FILE,
    TEACHING_POINT,
    TOLERANCE,
    UNIT,
    VETOES,
    WEIGHTS,
)

NOT_HEADERS = [0, 1, 2, 4]  # of 学校汇总表: title, about, groups and units

STAGES = {"primary": ("小学", ""), "junior": ("初中", ".1")}
STAGE_TITLES = {stage: title for stage, (title, _) in STAGES.items()}

# Scale and limits by stage.
INDICATORS = {
    "每百名学生拥有高于规定学历教师数": (100, {"primary": 4.2, "junior": 5.3}),
    "每百名学生拥有县级及以上骨干教师数": (100, {"primary": 1, "junior": 1}),
    "每百名学生拥有体育、艺术(美术、音乐)专任教师数": (100, {"primary": 0.9, "junior": 0.9}),
    "生均教学及辅助用房面积": (1, {"primary": 4.5, "junior": 5.8}),
    "生均体育运动场馆面积": (1, {"primary": 7.5, "junior": 10.2}),
    "生均教学仪器设备值": (1, {"primary": 2000, "junior": 2500}),
    "每百名学生拥有网络多媒体教室数": (100, {"primary": 2.3, "junior": 2.4}),
}


def at_least(value: pd.Series, limit: pd.Series | float) -> pd.Series:
    return value - limit >= -TOLERANCE * (value.abs() + np.abs(limit))


def verdict(holds: pd.Series, known: pd.Series | bool = True) -> np.ndarray:
    return np.where(known, np.where(holds, MET, NOT_MET), INCOMPLETE)


# Reading


def school_columns() -> dict[str, str]:
    by_stage = {
        header.format(title=title, repeated=repeated): f"{name}_{stage}"
        for stage, (title, repeated) in STAGES.items()
        for header, name in STAGE_NUMBERS.items()
    }
    return SCHOOL_TEXTS | SCHOOL_NUMBERS | by_stage


def read_schools(path: Path) -> pd.DataFrame:
    columns = school_columns()
    frame = pd.read_excel(path, engine="openpyxl", skiprows=NOT_HEADERS, dtype=dict.fromkeys(SCHOOL_TEXTS, str))
    # 合计 and the notes below have no school's name.
    return frame[list(columns)].rename(columns=columns).dropna(subset="school_name")


def read_county_form(path: Path) -> pd.DataFrame:
    values = pd.read_excel(path, engine="openpyxl", index_col=COUNTY_ITEM)[COUNTY_VALUE]
    numbers = {name: float(values[item]) for item, name in COUNTY_NUMBERS.items()}
    return pd.DataFrame([numbers | {title: values[item] for item, title in VETOES.items()}])


def read_survey(path: Path, county_name: str) -> pd.DataFrame:
    """Valid and satisfied questionnaires, by role."""
    questions = [*QUESTIONS, OVERALL]
    frame = pd.read_excel(path, engine="openpyxl", usecols=[RESIDENCE, ROLE, *questions])
    answered = frame[questions].notna().sum(axis=1)
    valid = frame[ROLE].isin(ROLES) & (frame[RESIDENCE] == county_name) & (answered >= ANSWERED_SHARE * len(questions))
    satisfied = frame.loc[valid, OVERALL].isin(SATISFIED).groupby(frame[ROLE])
    return satisfied.agg(valid="size", satisfied="sum").rename_axis("role").reset_index()


def read_county(folder: Path, code: str, name: str) -> list[pd.DataFrame]:
    def file(words: str) -> Path:
        return next(folder.glob(f"{code}*/*{words}*.xlsx"))

    frames = read_schools(file(SCHOOL_FILE)), read_county_form(file(COUNTY_FILE)), read_survey(file(SURVEY_FILE), name)
    return [frame.assign(county_code=code, county_name=name) for frame in frames]


def read_province(folder: Path, counties: pd.DataFrame) -> list[pd.DataFrame]:
    """The schools, what the counties state, and the survey."""
    read = [read_county(folder, code, name) for code, name in zip(counties["code"], counties["name"], strict=True)]
    return [pd.concat(frames, ignore_index=True) for frames in zip(*read, strict=True)]


# Computing


def split_units(schools: pd.DataFrame) -> pd.DataFrame:
    """A unit is one school in one stage; stocks of the whole school are split by weighted students."""
    complete = schools["school_type"] == COMPLETE
    weighted = {
        stage: np.where(complete, COMPLETE_WEIGHTS[stage], WEIGHTS[stage]) * schools[f"students_{stage}"].fillna(0)
        for stage in WEIGHTS
    }
    whole = sum(weighted.values())
    shared = [*COUNTY, *SCHOOL_TEXTS.values(), *SCHOOL_NUMBERS.values()]
    stages = []
    for stage in STAGES:
        names = {f"{name}_{stage}": name for name in STAGE_NUMBERS.values()}
        unit = schools[[*shared, *names]].rename(columns=names)
        stages.append(unit.assign(stage=stage, share=weighted[stage] / whole))
    units = pd.concat(stages, ignore_index=True)
    units = units[units["students"] > 0].copy()
    units["equipment_value"] *= 10_000
    too_small = (units["school_type"] == TEACHING_POINT) & (units["students"] < POINT_LEAST)
    units["counted"] = units["school_type"].isin(NORMAL_TYPES) & ~too_small
    return units


def unit_indicators(units: pd.DataFrame) -> pd.DataFrame:
    """The seven indicators of every unit that counts, how many are met, and its verdict."""
    frame = units[units["counted"]].copy()
    frame[STOCKS] = frame[STOCKS].mul(frame["share"], axis=0)
    primary = frame["stage"] == "primary"
    above_junior = frame["bachelor"] + frame["master"] + frame["doctor"]
    numerators = [
        above_junior.where(~primary, above_junior + frame["college"]),
        frame["backbone"],
        frame["pe"] + frame["music"] + frame["fine_art"] + frame["arts"],
        frame["teaching_area"] - frame["indoor_sports_area"],
        frame["sports_ground_area"] + frame["indoor_sports_area"],
        frame["equipment_value"],
        frame["media_rooms"],
    ]
    met = pd.Series(0, frame.index)
    floor = pd.Series(True, frame.index)
    for (title, (scale, limits)), numerator in zip(INDICATORS.items(), numerators, strict=True):
        frame[title] = numerator * scale / frame["students"]
        limit = frame["stage"].map(limits)
        met += at_least(frame[title], limit)
        floor &= at_least(frame[title], limit * FLOOR)
    frame["met_count"] = met
    frame["verdict"] = verdict((met >= LEAST_MET) & floor, frame[list(INDICATORS)].notna().all(axis=1))
    frame = frame.sort_values(["county_code", "stage", "school_code"])
    return frame[[*UNIT, "students", *INDICATORS, "met_count", "verdict"]]


def spread(unit: pd.DataFrame) -> pd.Series:
    """The student-weighted mean, standard deviation and coefficient of variation."""
    weight = unit["students"] / unit["students"].sum()
    mean = (weight * unit["value"]).sum(skipna=False)
    sd = np.sqrt((weight * (unit["value"] - mean) ** 2).sum(skipna=False))
    cv = sd / mean if len(unit) > 1 and mean > 0 else np.nan
    return pd.Series({"units": len(unit), "mean": mean, "sd": sd, "cv": cv})


def coefficients(indicators: pd.DataFrame) -> pd.DataFrame:
    """The student-weighted coefficient of variation, by county, stage and indicator."""
    long = indicators.melt([*COUNTY, "stage", "students"], list(INDICATORS), var_name="indicator")
    groups = long.groupby([*COUNTY, "stage", "indicator"], sort=False)
    cvs = groups[["students", "value"]].apply(spread).reset_index()
    cvs["limit"] = cvs["stage"].map(CV_LIMITS)
    single = (cvs["units"] == 1) & cvs["mean"].notna()
    cvs["verdict"] = verdict(at_least(cvs["limit"], cvs["cv"]) | single, cvs["cv"].notna() | single)
    return cvs.sort_values(["county_code", "stage"], kind="stable")


def satisfaction(survey: pd.DataFrame) -> pd.DataFrame:
    whole = survey.groupby(COUNTY, as_index=False)[["valid", "satisfied"]].sum().assign(role=ALL_ROLES)
    rates = pd.concat([whole, survey], ignore_index=True)
    rates["rate"] = 100 * rates["satisfied"] / rates["valid"]
    order = rates["role"].map([ALL_ROLES, *ROLES].index)
    rates = rates.assign(order=order).sort_values(["county_code", "order"])
    return rates[[*COUNTY, "role", "valid", "satisfied", "rate"]]


def teacher_sums(units: pd.DataFrame) -> pd.DataFrame:
    teachers = units["teachers"]
    sums = pd.DataFrame(
        {
            "teachers": teachers,
            "trained": units["trained"].clip(upper=teachers),
            "certified": units["certified"].clip(upper=teachers),
        }
    )
    return sums.groupby(units["county_code"]).sum()


def rooms_short(units: pd.DataFrame, kind: str) -> pd.Series:
    """Whether a unit has fewer music or art rooms than one for 12 classes; smaller ones count where allowed."""
    primary = units["stage"] == "primary"
    small_rural = units["urban_rural"].isin(["210", "220"]) & (
        units["class_le25"] + units["class_26_30"] == units["classes"]
    )
    rooms = units[f"{kind}_large"].copy()
    rooms += units[f"{kind}_middle"].where(small_rural | (units["built_year"] <= 2016), 0)
    rooms += units[f"{kind}_small"].where(small_rural & primary, 0)
    return rooms < np.ceil(units["classes"] / 12)


def unit_sums(units: pd.DataFrame) -> pd.DataFrame:
    """Sums and counts over the units of a county that are not special schools."""
    units = units[~units["school_type"].isin(SPECIAL_TYPES)]
    primary = units["stage"] == "primary"
    near = (units["sponsor"] != "10") & (units["boarding"] == "否") & units["urban_rural"].str.startswith("1")
    over_50 = units["class_51_55"] + units["class_56_60"] + units["class_61_65"] + units["class_ge66"]
    sums = units[["graduates", "entrants", "came", "went", "died"]].where(~primary, 0)
    for stage in STAGES:
        here = near & (units["stage"] == stage)
        sums[f"catchment_{stage}"] = units["catchment"].clip(upper=units["students"]).where(here, 0)
        sums[f"catchment_of_{stage}"] = units["students"].where(here, 0)
    sums["big_classes"] = over_50 + units["class_46_50"].where(primary, 0)
    sums["rooms_short"] = rooms_short(units, "music").astype(int) + rooms_short(units, "art").astype(int)
    return sums.groupby(units["county_code"]).sum()


def school_counts(schools: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    """Schools of a county that are too large, or have too little money."""
    schools = schools.merge(stated[["county_code", "standard_primary", "standard_junior"]], on="county_code")
    primary, junior = schools["students_primary"].fillna(0), schools["students_junior"].fillna(0)
    pupils = primary + junior
    special = schools["school_type"].isin(SPECIAL_TYPES)
    combined = schools["school_type"].isin(COMBINED_TYPES)
    whole = pupils + schools["students_senior"].fillna(0)
    relaxed = (schools["built_year"] <= 2010) | (2 * schools["migrants"] > whole)
    combined_limit = np.where(relaxed & (schools["school_type"] == NINE_YEAR), 3000, 2500)
    limit = np.where(relaxed, 2400, 2000)
    by_stage = (primary > limit).astype(int) + (junior > limit).astype(int)
    too_large = by_stage.where(~combined, (pupils > combined_limit).astype(int)).where(~special, 0)
    asked = 100 * (primary * schools["standard_primary"] + junior * schools["standard_junior"]) / pupils
    funds = 10_000 * schools["funds_final"].fillna(schools["funds_budget"])
    training_short = sum(
        (~at_least(100 * schools[f"training_{kind}"] / schools[f"funds_{kind}"], 5)).astype(int)
        for kind in ["budget", "final"]
    )
    counts = pd.DataFrame(
        {
            "too_large": too_large,
            "small_funds_short": pupils.between(1, 99) & ~special & ~at_least(funds, asked),
            "training_funds_short": training_short,
            "special_students": pupils.where(special, 0),
        }
    )
    return counts.groupby(schools["county_code"]).sum()


def criteria(schools: pd.DataFrame, units: pd.DataFrame, stated: pd.DataFrame) -> pd.DataFrame:
    """Every computed criterion of every county, with its limit and verdict."""
    figures = stated.set_index("county_code")
    figures = figures.join([teacher_sums(units), unit_sums(units), school_counts(schools, stated)]).reset_index()
    has_special = figures["special_students"] > 0
    figures["special_students"] = figures["special_students"].where(has_special, figures["special_students_stated"])
    figures["migrant_placed"] = figures["migrant_public"] + figures["migrant_purchased"]
    figures["retention_base"] = figures["entrants"] + figures["came"] - figures["died"] - figures["went"]

    rows = []
    for share in SHARES:
        denominator = figures[share.denominator]
        value = share.scale * figures[share.numerator] / denominator.where(denominator > 0)
        holds = verdict(at_least(value, share.limit), value.notna())
        rows.append(figures[COUNTY].assign(criterion=share.title, value=value, limit=share.limit, verdict=holds))
    for title, name in COUNTS.items():
        value = figures[name].astype(float)
        rows.append(figures[COUNTY].assign(criterion=title, value=value, limit=0.0, verdict=verdict(value == 0)))
    for title in VETOES.values():
        holds = verdict(figures[title] == "否", figures[title].notna())
        rows.append(figures[COUNTY].assign(criterion=title, value=np.nan, limit=np.nan, verdict=holds))
    return pd.concat(rows, ignore_index=True).sort_values("county_code", kind="stable")


def worst(verdicts: pd.Series) -> str:
    return next((word for word in [INCOMPLETE, NOT_MET] if (verdicts == word).any()), MET)


def part_verdicts(
    indicators: pd.DataFrame, cvs: pd.DataFrame, rates: pd.DataFrame, items: pd.DataFrame
) -> pd.DataFrame:
    """What the counties' parts come to: met when everything in it is."""
    whole = rates[rates["role"] == ALL_ROLES]
    recognition = whole.assign(verdict=verdict(at_least(whole["rate"], SATISFACTION_LIMIT), whole["rate"].notna()))
    is_veto = items["criterion"].isin(VETOES.values())
    parts = {
        "资源配置": indicators,
        "校际均衡": cvs,
        "政府保障程度和教育质量(可计算的)": items[~is_veto],
        "社会认可度": recognition,
        "一票否决": items[is_veto],
    }
    return pd.DataFrame(
        {title: frame.groupby(COUNTY)["verdict"].agg(worst) for title, frame in parts.items()}
    ).reset_index()


def ranking(cvs: pd.DataFrame, counties: pd.DataFrame, stage: str) -> pd.DataFrame:
    """Counties by the mean of their coefficients of variation; those that lack one stand last."""
    groups = cvs[cvs["stage"] == stage].groupby("county_code")
    means = pd.DataFrame(
        {
            "mean_cv": groups["cv"].mean().where(groups["cv"].count() == groups.size()),
            "within": groups["verdict"].agg(lambda verdicts: (verdicts == MET).sum()),
        }
    )
    ranked = counties.rename(columns={"code": "county_code", "name": "county_name"}).merge(
        means, on="county_code", how="left"
    )
    ranked["rank"] = ranked["mean_cv"].rank(method="min")
    return ranked[["rank", *COUNTY, "prefecture", "mean_cv", "within"]].sort_values(["rank", "county_code"])


# Writing

FORMATS |= dict.fromkeys(INDICATORS, "0.00")
WIDTH = 14


def write(path: Path, sheets: dict[str, pd.DataFrame]) -> None:
    with pd.ExcelWriter(path, engine="openpyxl") as writer:
        for title, frame in sheets.items():
            titled = frame.replace({"stage": STAGE_TITLES}).rename(columns=HEADERS)
            titled.to_excel(writer, sheet_name=title, index=False, freeze_panes=(1, 0))
            sheet = writer.sheets[title]
            for at, name in enumerate(frame.columns, start=1):
                letter = get_column_letter(at)
                sheet.column_dimensions[letter].width = WIDTH
                if name in FORMATS:
                    for cell in sheet[letter][1:]:
                        cell.number_format = FORMATS[name]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", type=Path)
    parser.add_argument("counties", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()

    counties = pd.read_csv(arguments.counties, dtype={"code": str})
    schools, stated, survey = read_province(arguments.input, counties)
    units = split_units(schools)
    indicators = unit_indicators(units)
    cvs = coefficients(indicators)
    rates = satisfaction(survey)
    items = criteria(schools, units, stated)
    rankings = {f"{title}排名": ranking(cvs, counties, stage) for stage, title in STAGE_TITLES.items()}
    write(
        arguments.output,
        rankings
        | {
            "学校": indicators,
            "差异系数": cvs,
            "满意度": rates,
            "县级指标": items,
            "判定": part_verdicts(indicators, cvs, rates, items),
        },
    )


if __name__ == "__main__":
    main()
