"""Compares a peer's workbook with what junheng published: how many figures agree, how many differ.

usage: compare.py PEER.xlsx JUNHENG_OUTPUT/current/data
"""

import argparse
import math
import sys
from collections.abc import Iterable
from pathlib import Path

import polars as pl

RELATIVE = 1e-9
SHOWN = 5
SURVEY = ["satisfaction rates", "valid and satisfied questionnaires"]

STAGES = {"小学": "primary", "初中": "junior"}
VERDICTS = {"达标": "met", "不达标": "not_met", "数据不全": "incomplete"}
INDICATORS = {
    "每百名学生拥有高于规定学历教师数": "degree-teachers",
    "每百名学生拥有县级及以上骨干教师数": "backbone-teachers",
    "每百名学生拥有体育、艺术(美术、音乐)专任教师数": "sports-arts-teachers",
    "生均教学及辅助用房面积": "teaching-area",
    "生均体育运动场馆面积": "sports-area",
    "生均教学仪器设备值": "equipment-value",
    "每百名学生拥有网络多媒体教室数": "media-rooms",
}
ROLES = {
    "合计": "all",
    "学生家长": "parent",
    "学生": "student",
    "教师": "teacher",
    "校长": "principal",
    "人大代表": "deputy",
    "政协委员": "cppcc",
    "其他群众": "public",
}
CRITERIA = {
    "特殊教育学校生均公用经费": "special-funds",
    "教师与公务员年平均工资收入之比": "teacher-pay",
    "教师培训完成率": "training",
    "交流轮岗教师比例": "rotation.rotation-share",
    "交流轮岗教师中骨干教师比例": "rotation.rotation-backbone-share",
    "教师持证上岗率": "certificates",
    "小学就近划片入学比例": "near-enrolment.near-enrolment-primary",
    "初中就近划片入学比例": "near-enrolment.near-enrolment-junior",
    "优质高中招生名额分配比例": "senior-quota.senior-quota-share",
    "随迁子女就读比例": "migrant-placement",
    "初中三年巩固率": "retention",
    "残疾儿童少年入学率": "disabled-enrolment",
    "音乐美术专用教室不足": "music-art-rooms",
    "学校规模超标": "school-size",
    "班级人数超标": "class-size",
    "小规模学校公用经费不足": "small-school-funds",
    "教师培训经费不足": "training-funds",
    "以考试方式招生": "veto-exams",
    "违规择校": "veto-choice",
    "重点学校或重点班": "veto-key-schools",
    "有编不补或长期聘编外": "veto-staffing",
    "重大安全责任和违纪": "veto-incidents",
    "弄虚作假": "veto-falsification",
    "减负和校外培训治理不力": "veto-burden",
}
PARTS = {"资源配置": "resources", "校际均衡": "balance", "社会认可度": "recognition", "一票否决": "veto"}

Cell = float | str | None
Figures = dict[tuple, Cell]


def figures(rows: Iterable[tuple], keys: int) -> Figures:
    """The first cells of a row are its key; each of the others becomes a figure of its own."""
    return {(*row[:keys], at): cell for row in rows for at, cell in enumerate(row[keys:])}


def of_peer(path: Path) -> dict[str, Figures]:
    sheets = pl.read_excel(path, sheet_id=0, infer_schema_length=None)
    words = STAGES | VERDICTS | INDICATORS | ROLES | CRITERIA

    def rows(sheet: str, *columns: str) -> list[tuple]:
        frame = sheets[sheet].with_columns(pl.col("区县代码").cast(pl.String))
        return [tuple(words.get(cell, cell) for cell in row) for row in frame.select(columns).iter_rows()]

    unit = "区县代码", "学校标识码", "学段"
    values = rows("学校", *unit, *INDICATORS)
    ranks = [
        (title, *row)
        for title, stage in STAGES.items()
        for row in rows(f"{title}排名", "区县代码", "排名", "七项差异系数均值")
    ]
    verdicts = rows("判定", "区县代码", *PARTS)
    return {
        "units' indicators": {
            (*row[:3], INDICATORS[title]): cell
            for row in values
            for title, cell in zip(INDICATORS, row[3:], strict=True)
        },
        "units' verdicts": figures(rows("学校", *unit, "达标项数", "判定"), 3),
        "coefficients of variation": figures(rows("差异系数", "区县代码", "学段", "指标", "差异系数"), 3),
        "means, deviations, verdicts on them": figures(
            rows("差异系数", "区县代码", "学段", "指标", "全县平均值", "标准差", "判定"), 3
        ),
        "satisfaction rates": figures(rows("满意度", "区县代码", "调查对象", "满意度(%)"), 2),
        "valid and satisfied questionnaires": figures(
            rows("满意度", "区县代码", "调查对象", "有效问卷", "满意问卷"), 2
        ),
        "criteria": figures(rows("县级指标", "区县代码", "指标", "数值", "判定"), 2),
        "ranks and mean coefficients": figures(((STAGES[row[0]], *row[1:]) for row in ranks), 2),
        "parts' verdicts": {
            (row[0], part): cell for row in verdicts for part, cell in zip(PARTS.values(), row[1:], strict=True)
        },
    }


def of_junheng(folder: Path) -> dict[str, Figures]:
    def table(name: str) -> pl.DataFrame:
        return pl.read_parquet(folder / f"{name}.parquet")

    def rows(frame: pl.DataFrame, *columns: str) -> Iterable[tuple]:
        return frame.select(columns).iter_rows()

    standard = pl.col("indicator").is_in(list(INDICATORS.values()))
    unit = "county_code", "school_code", "stage"
    values = table("unit_indicators").filter(standard)
    balance = table("balance").filter(standard)
    survey = table("survey").filter(dimension="overall").filter(pl.col("area").is_null())
    criteria = table("criteria").filter(pl.col("criterion").is_in(list(CRITERIA.values())))
    ranking = table("ranking").with_columns(stage=pl.col("ranking").str.strip_prefix("mean-cv-"))
    ranking = ranking.filter(pl.col("stage").is_in(list(STAGES.values())))
    parts = table("verdicts").filter(pl.col("part").is_in(list(PARTS.values())))
    return {
        "units' indicators": {row[:4]: row[4] for row in rows(values, *unit, "indicator", "value")},
        "units' verdicts": figures(rows(table("unit_verdicts"), *unit, "met_count", "verdict"), 3),
        "coefficients of variation": figures(rows(balance, "county_code", "stage", "indicator", "cv"), 3),
        "means, deviations, verdicts on them": figures(
            rows(balance, "county_code", "stage", "indicator", "mean", "sd", "verdict"), 3
        ),
        "satisfaction rates": figures(rows(survey, "county_code", "group", "rate"), 2),
        "valid and satisfied questionnaires": figures(rows(survey, "county_code", "group", "valid", "satisfied"), 2),
        "criteria": figures(rows(criteria, "county_code", "criterion", "value", "verdict"), 2),
        "ranks and mean coefficients": figures(rows(ranking, "stage", "county_code", "rank", "value"), 2),
        "parts' verdicts": {row[:2]: row[2] for row in rows(parts, "county_code", "part", "verdict")},
    }


def same(peer: Cell, junheng: Cell) -> bool:
    if isinstance(peer, (int, float)) and isinstance(junheng, (int, float)):
        return math.isclose(peer, junheng, rel_tol=RELATIVE, abs_tol=0)
    return peer == junheng


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("peer", type=Path)
    parser.add_argument("junheng", type=Path)
    arguments = parser.parse_args()

    ours, theirs = of_peer(arguments.peer), of_junheng(arguments.junheng)
    agreed = differed = hidden = 0
    for kind, published in theirs.items():
        # What neither has is no figure. Groups with too few answers are hidden by junheng, or stand without a rate.
        keys = {
            key
            for key in published.keys() | ours[kind].keys()
            if (ours[kind].get(key), published.get(key)) != (None, None)
        }
        unseen = {key for key in keys if kind in SURVEY and published.get(key) is None}
        wrong = sorted((key for key in keys - unseen if not same(ours[kind].get(key), published.get(key))), key=str)
        right = len(keys) - len(unseen) - len(wrong)
        print(f"{kind}: {right} agree, {len(wrong)} differ" + (f", {len(unseen)} hidden by junheng" if unseen else ""))
        for key in wrong[:SHOWN]:
            print(f"  {key}: peer {ours[kind].get(key)}, junheng {published.get(key)}")
        agreed, differed, hidden = agreed + right, differed + len(wrong), hidden + len(unseen)
    print(f"all: {agreed} agree, {differed} differ, {hidden} hidden by junheng")
    return 1 if differed else 0


if __name__ == "__main__":
    sys.exit(main())
