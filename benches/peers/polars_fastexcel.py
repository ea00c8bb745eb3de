"""Quality-balance evaluation of a province with polars: fastexcel (calamine) reads, xlsxwriter writes.

usage: polars_fastexcel.py INPUT_FOLDER COUNTIES.csv OUTPUT.xlsx
"""

import argparse
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import NamedTuple

import polars as pl
import xlsxwriter
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

WORKERS = 2

HEADER_ROW = 3  # of 学校汇总表, from 0; a row of units follows

STAGES = {"primary": ("小学", ""), "junior": ("初中", "_1")}
STAGE_TITLES = {stage: title for stage, (title, _) in STAGES.items()}


class Indicator(NamedTuple):
    title: str
    numerator: dict[str, pl.Expr]
    scale: float
    limits: dict[str, float]


def both(numerator: pl.Expr) -> dict[str, pl.Expr]:
    return dict.fromkeys(STAGES, numerator)


def plus(*columns: str) -> pl.Expr:
    """The sum, missing where a part is."""
    return sum((pl.col(column) for column in columns[1:]), pl.col(columns[0]))


INDICATORS = [
    Indicator(
        "每百名学生拥有高于规定学历教师数",
        {"primary": plus("college", "bachelor", "master", "doctor"), "junior": plus("bachelor", "master", "doctor")},
        100,
        {"primary": 4.2, "junior": 5.3},
    ),
    Indicator("每百名学生拥有县级及以上骨干教师数", both(pl.col("backbone")), 100, {"primary": 1, "junior": 1}),
    Indicator(
        "每百名学生拥有体育、艺术(美术、音乐)专任教师数",
        both(plus("pe", "music", "fine_art", "arts")),
        100,
        {"primary": 0.9, "junior": 0.9},
    ),
    Indicator(
        "生均教学及辅助用房面积",
        both(pl.col("teaching_area") - pl.col("indoor_sports_area")),
        1,
        {"primary": 4.5, "junior": 5.8},
    ),
    Indicator(
        "生均体育运动场馆面积",
        both(plus("sports_ground_area", "indoor_sports_area")),
        1,
        {"primary": 7.5, "junior": 10.2},
    ),
    Indicator("生均教学仪器设备值", both(pl.col("equipment_value")), 1, {"primary": 2000, "junior": 2500}),
    Indicator("每百名学生拥有网络多媒体教室数", both(pl.col("media_rooms")), 100, {"primary": 2.3, "junior": 2.4}),
]
TITLES = [indicator.title for indicator in INDICATORS]


class Submission(NamedTuple):
    schools: pl.DataFrame
    stated: pl.DataFrame
    survey: pl.DataFrame


def at_least(value: pl.Expr, limit: pl.Expr | float) -> pl.Expr:
    limit = pl.lit(limit) if isinstance(limit, float | int) else limit
    return value - limit >= -TOLERANCE * (value.abs() + limit.abs())


def verdict(holds: pl.Expr) -> pl.Expr:
    return pl.when(holds).then(pl.lit(MET)).when(~holds).then(pl.lit(NOT_MET)).otherwise(pl.lit(INCOMPLETE))


# Reading


def school_columns() -> dict[str, str]:
    by_stage = {
        header.format(title=title, repeated=repeated): f"{name}_{stage}"
        for stage, (title, repeated) in STAGES.items()
        for header, name in STAGE_NUMBERS.items()
    }
    return SCHOOL_TEXTS | SCHOOL_NUMBERS | by_stage


def read_schools(path: Path) -> pl.DataFrame:
    columns = school_columns()
    types = {header: pl.String if header in SCHOOL_TEXTS else pl.Float64 for header in columns}
    frame = pl.read_excel(
        path,
        engine="calamine",
        columns=list(columns),
        schema_overrides=types,
        read_options={"header_row": HEADER_ROW, "skip_rows": 1},
    )
    # 合计 and the notes below have no school's name.
    return frame.rename(columns).filter(pl.col("school_name").is_not_null())


def read_county_form(path: Path) -> pl.DataFrame:
    frame = pl.read_excel(
        path, engine="calamine", columns=[COUNTY_ITEM, COUNTY_VALUE], schema_overrides={COUNTY_VALUE: pl.String}
    )
    values = dict(frame.iter_rows())
    numbers = {name: float(values[item]) for item, name in COUNTY_NUMBERS.items()}
    return pl.DataFrame(numbers | {title: values[item] for item, title in VETOES.items()})


def read_survey(path: Path, county_name: str) -> pl.DataFrame:
    """Valid and satisfied questionnaires, by role."""
    questions = [*QUESTIONS, OVERALL]
    columns = [RESIDENCE, ROLE, *questions]
    frame = pl.read_excel(path, engine="calamine", columns=columns, schema_overrides=dict.fromkeys(columns, pl.String))
    answered = pl.sum_horizontal((pl.col(question).fill_null("") != "").cast(pl.Int32) for question in questions)
    valid = (
        pl.col(ROLE).is_in(ROLES) & (pl.col(RESIDENCE) == county_name) & (answered >= ANSWERED_SHARE * len(questions))
    )
    return (
        frame.filter(valid)
        .group_by(role=pl.col(ROLE))
        .agg(valid=pl.len(), satisfied=pl.col(OVERALL).is_in(SATISFIED).sum())
    )


def read_county(folder: Path, code: str, name: str) -> Submission:
    def file(words: str) -> Path:
        return next(folder.glob(f"{code}*/*{words}*.xlsx"))

    county = {"county_code": pl.lit(code), "county_name": pl.lit(name)}
    frames = read_schools(file(SCHOOL_FILE)), read_county_form(file(COUNTY_FILE)), read_survey(file(SURVEY_FILE), name)
    return Submission(*(frame.with_columns(**county) for frame in frames))


def read_province(folder: Path, counties: pl.DataFrame) -> Submission:
    # fastexcel lets go of the interpreter while it reads, so threads are enough.
    with ThreadPoolExecutor(WORKERS) as pool:
        submissions = list(pool.map(partial(read_county, folder), counties["code"], counties["name"]))
    return Submission(*(pl.concat(frames) for frames in zip(*submissions, strict=True)))


# Computing


def split_units(schools: pl.DataFrame) -> pl.DataFrame:
    """A unit is one school in one stage; stocks of the whole school are split by weighted students."""

    def weighted(stage: str) -> pl.Expr:
        weight = pl.when(pl.col("school_type") == COMPLETE).then(COMPLETE_WEIGHTS[stage]).otherwise(WEIGHTS[stage])
        return weight * pl.col(f"students_{stage}").fill_null(0)

    whole = weighted("primary") + weighted("junior") + weighted("senior")
    shared = [*COUNTY, *SCHOOL_TEXTS.values(), *SCHOOL_NUMBERS.values()]
    names = list(STAGE_NUMBERS.values())
    units = [
        schools.select(
            *shared,
            *(pl.col(f"{name}_{stage}").alias(name) for name in names),
            stage=pl.lit(stage),
            share=weighted(stage) / whole,
        ).filter(pl.col("students") > 0)
        for stage in STAGES
    ]
    counted = pl.col("school_type").is_in(NORMAL_TYPES) & (
        (pl.col("school_type") != TEACHING_POINT) | (pl.col("students") >= POINT_LEAST)
    )
    return pl.concat(units).with_columns(
        pl.col("equipment_value") * 10_000,
        counted=counted,
    )


def unit_indicators(units: pl.DataFrame) -> pl.DataFrame:
    """The seven indicators of every unit that counts, how many are met, and its verdict."""
    frame = units.filter("counted").with_columns(pl.col(STOCKS) * pl.col("share"))
    primary = pl.col("stage") == "primary"

    def value(indicator: Indicator) -> pl.Expr:
        numerator = pl.when(primary).then(indicator.numerator["primary"]).otherwise(indicator.numerator["junior"])
        return (numerator * indicator.scale / pl.col("students")).alias(indicator.title)

    def reaches(indicator: Indicator, part: float) -> pl.Expr:
        limit = pl.when(primary).then(indicator.limits["primary"]).otherwise(indicator.limits["junior"])
        return at_least(pl.col(indicator.title), limit * part)

    met = pl.sum_horizontal((reaches(indicator, 1).cast(pl.Int32) for indicator in INDICATORS), ignore_nulls=False)
    floor = pl.all_horizontal(reaches(indicator, FLOOR) for indicator in INDICATORS)
    return (
        frame.select(*UNIT, "students", *map(value, INDICATORS))
        .with_columns(met_count=met)
        .with_columns(verdict=verdict((pl.col("met_count") >= LEAST_MET) & floor))
        .sort(COUNTY[0], "stage", "school_code")
    )


def coefficients(indicators: pl.DataFrame) -> pl.DataFrame:
    """The student-weighted coefficient of variation, by county, stage and indicator."""
    value, weight = pl.col("value"), pl.col("students")
    mean = (value * weight).sum() / weight.sum()
    sd = (((value - mean) ** 2 * weight).sum() / weight.sum()).sqrt()
    complete = (value.null_count() == 0) & (pl.len() > 1)
    limit = pl.col("stage").replace_strict(CV_LIMITS, return_dtype=pl.Float64)
    return (
        indicators.unpivot(TITLES, index=[*COUNTY, "stage", "students"], variable_name="indicator")
        .group_by(*COUNTY, "stage", "indicator", maintain_order=True)
        .agg(
            units=pl.len(),
            missing=value.null_count(),
            mean=mean,
            sd=sd,
            cv=pl.when(complete & (mean > 0)).then(sd / mean),
        )
        .with_columns(limit=limit)
        .with_columns(
            verdict=verdict(
                at_least(pl.col("limit"), pl.col("cv")) | ((pl.col("units") == 1) & (pl.col("missing") == 0))
            )
        )
        .drop("missing")
    )


def satisfaction(survey: pl.DataFrame) -> pl.DataFrame:
    whole = (
        survey.group_by(COUNTY, maintain_order=True)
        .agg(pl.col("valid", "satisfied").sum())
        .with_columns(role=pl.lit(ALL_ROLES))
    )
    rate = 100 * pl.col("satisfied") / pl.col("valid")
    order = pl.col("role").cast(pl.Enum([ALL_ROLES, *ROLES]))
    return (
        pl.concat([whole.select(survey.columns), survey])
        .select(*COUNTY, "role", "valid", "satisfied", rate=rate)
        .sort("county_code", order)
    )


def teacher_sums(units: pl.DataFrame) -> pl.DataFrame:
    return units.group_by("county_code").agg(
        pl.col("teachers").sum(),
        trained=pl.min_horizontal("trained", "teachers").sum(),
        certified=pl.min_horizontal("certified", "teachers").sum(),
    )


def unit_sums(units: pl.DataFrame) -> pl.DataFrame:
    """Sums and counts over the units of a county that are not special schools."""
    near = (pl.col("sponsor") != "10") & (pl.col("boarding") == "否") & pl.col("urban_rural").str.starts_with("1")
    near_sums = {
        f"{name}_{stage}": value.filter(near & (pl.col("stage") == stage)).sum()
        for stage in STAGES
        for name, value in {
            "catchment": pl.min_horizontal("catchment", "students"),
            "catchment_of": pl.col("students"),
        }.items()
    }
    junior = pl.col("stage") == "junior"
    retained = ["graduates", "entrants", "came", "went", "died"]
    over_50 = plus("class_51_55", "class_56_60", "class_61_65", "class_ge66")
    needed = (pl.col("classes") / 12).ceil()
    small_rural = pl.col("urban_rural").is_in(["210", "220"]) & (plus("class_le25", "class_26_30") == pl.col("classes"))

    def short(kind: str) -> pl.Expr:
        large, middle, small = (pl.col(f"{kind}_{size}") for size in ["large", "middle", "small"])
        rooms = (
            pl.when(small_rural & ~junior)
            .then(large + middle + small)
            .when(small_rural | (pl.col("built_year") <= 2016))
            .then(large + middle)
            .otherwise(large)
        )
        return (rooms < needed).sum()

    return (
        units.filter(~pl.col("school_type").is_in(SPECIAL_TYPES))
        .group_by("county_code")
        .agg(
            pl.col(retained).filter(junior).sum(),
            **near_sums,
            big_classes=pl.when(junior).then(over_50).otherwise(over_50 + pl.col("class_46_50")).sum(),
            rooms_short=short("music") + short("art"),
        )
    )


def school_counts(schools: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """Schools of a county that are too large, or have too little money."""
    primary, junior = pl.col("students_primary").fill_null(0), pl.col("students_junior").fill_null(0)
    pupils = primary + junior
    whole = pupils + pl.col("students_senior").fill_null(0)
    special = pl.col("school_type").is_in(SPECIAL_TYPES)
    combined = pl.col("school_type").is_in(COMBINED_TYPES)
    relaxed = (pl.col("built_year") <= 2010) | (2 * pl.col("migrants") > whole)
    combined_limit = pl.when(relaxed & (pl.col("school_type") == NINE_YEAR)).then(3000).otherwise(2500)
    limit = pl.when(relaxed).then(2400).otherwise(2000)
    too_large = (
        pl.when(combined)
        .then((pupils > combined_limit).cast(pl.Int32))
        .otherwise((primary > limit).cast(pl.Int32) + (junior > limit).cast(pl.Int32))
    )
    small = pupils.is_between(1, 99) & ~special
    asked = 100 * (primary * pl.col("standard_primary") + junior * pl.col("standard_junior")) / pupils
    funds = 10_000 * pl.coalesce("funds_final", "funds_budget")

    def training_short(column: str) -> pl.Expr:
        return (~at_least(100 * pl.col(f"training_{column}") / pl.col(f"funds_{column}"), 5)).sum()

    return (
        schools.join(stated.select("county_code", "standard_primary", "standard_junior"), on="county_code")
        .group_by("county_code")
        .agg(
            too_large=too_large.filter(~special).sum(),
            small_funds_short=(small & ~at_least(funds, asked)).sum(),
            training_funds_short=training_short("budget") + training_short("final"),
            special_students=pupils.filter(special).sum(),
        )
    )


def criteria(schools: pl.DataFrame, units: pl.DataFrame, stated: pl.DataFrame) -> pl.DataFrame:
    """Every computed criterion of every county, with its limit and verdict."""
    figures = stated
    for frame in [teacher_sums(units), unit_sums(units), school_counts(schools, stated)]:
        figures = figures.join(frame, on="county_code", how="left")
    special_students = (
        pl.when(pl.col("special_students") > 0).then("special_students").otherwise("special_students_stated")
    )
    figures = figures.with_columns(
        special_students=special_students,
        migrant_placed=plus("migrant_public", "migrant_purchased"),
        retention_base=plus("entrants", "came") - plus("died", "went"),
    )

    def rows(title: str, value: pl.Expr, limit: float | None, holds: pl.Expr) -> pl.DataFrame:
        return figures.select(
            *COUNTY,
            criterion=pl.lit(title),
            value=value.cast(pl.Float64),
            limit=pl.lit(limit, dtype=pl.Float64),
            verdict=verdict(holds),
        )

    shares = []
    for share in SHARES:
        denominator = pl.col(share.denominator)
        value = pl.when(denominator > 0).then(share.scale * pl.col(share.numerator) / denominator)
        shares.append(rows(share.title, value, share.limit, at_least(value, share.limit)))
    counts = [rows(title, pl.col(name), 0, pl.col(name) == 0) for title, name in COUNTS.items()]
    vetoes = [rows(title, pl.lit(None), None, pl.col(title) == "否") for title in VETOES.values()]
    return pl.concat([*shares, *counts, *vetoes]).sort("county_code", maintain_order=True)


def part_verdicts(
    indicators: pl.DataFrame, cvs: pl.DataFrame, rates: pl.DataFrame, items: pl.DataFrame
) -> pl.DataFrame:
    """What the counties' parts come to: met when everything in it is."""
    single = pl.col("verdict")
    worst = (
        pl.when((single == INCOMPLETE).any())
        .then(pl.lit(INCOMPLETE))
        .when((single == NOT_MET).any())
        .then(pl.lit(NOT_MET))
        .otherwise(pl.lit(MET))
    )
    whole = rates.filter(pl.col("role") == ALL_ROLES)
    recognition = whole.select(*COUNTY, "rate", verdict=verdict(at_least(pl.col("rate"), SATISFACTION_LIMIT)))
    is_veto = pl.col("criterion").is_in(list(VETOES.values()))
    parts = {
        "资源配置": indicators,
        "校际均衡": cvs,
        "政府保障程度和教育质量(可计算的)": items.filter(~is_veto),
        "社会认可度": recognition,
        "一票否决": items.filter(is_veto),
    }
    out = indicators.select(COUNTY).unique(maintain_order=True)
    for title, frame in parts.items():
        out = out.join(frame.group_by("county_code").agg(worst.alias(title)), on="county_code", how="left")
    return out


def ranking(cvs: pl.DataFrame, counties: pl.DataFrame, stage: str) -> pl.DataFrame:
    """Counties by the mean of their coefficients of variation; those that lack one stand last."""
    mean = pl.when(pl.col("cv").null_count() == 0).then(pl.col("cv").mean())
    means = (
        cvs.filter(pl.col("stage") == stage)
        .group_by("county_code")
        .agg(mean_cv=mean, within=(pl.col("verdict") == MET).sum())
    )
    return (
        counties.select(county_code="code", county_name="name", prefecture="prefecture")
        .join(means, on="county_code", how="left")
        .with_columns(rank=pl.col("mean_cv").rank("min"))
        .select("rank", *COUNTY, "prefecture", "mean_cv", "within")
        .sort("rank", "county_code", nulls_last=True)
    )


# Writing

FORMATS |= dict.fromkeys(TITLES, "0.00")
WIDTH = 100  # pixels


def write(path: Path, sheets: dict[str, pl.DataFrame]) -> None:
    with xlsxwriter.Workbook(path) as workbook:
        for title, frame in sheets.items():
            if "stage" in frame.columns:
                frame = frame.with_columns(pl.col("stage").replace_strict(STAGE_TITLES))
            formats = {HEADERS.get(name, name): FORMATS[name] for name in frame.columns if name in FORMATS}
            frame.rename(HEADERS, strict=False).write_excel(
                workbook,
                title,
                table_style="Table Style Light 1",
                column_formats=formats,
                column_widths=WIDTH,
                freeze_panes=(1, 0),
            )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("input", type=Path)
    parser.add_argument("counties", type=Path)
    parser.add_argument("output", type=Path)
    arguments = parser.parse_args()

    counties = pl.read_csv(arguments.counties, schema_overrides={"code": pl.String})
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
