//! 学校汇总表: the blank form's rows and columns, and the three kinds of columns that the program reads besides (划片范围内 and 中级及以上职务),
//! one school a row, 合计 below.

use rust_xlsxwriter::XlsxError;

use crate::county::County;
use crate::numbers::cents;
use crate::school::{School, Stage};
use crate::workbook::{self, Cell, count, text};

/// 类, 项目, 单位 of the columns, in their order. A line with a stage alone stands for its classes (班级) or teachers.
const COLUMNS: &str = "
基本信息 学校标识码
基本信息 学校名称
基本信息 办学类型 代码
基本信息 举办者类型 代码
基本信息 城乡类型 代码
基本信息 所属乡镇
基本信息 是否寄宿制 是/否
基本信息 规划并建成年份 年
基本信息 是否大城市中心城区学校 是/否
学生 小学在校生数 人
学生 初中在校生数 人
学生 高中在校生数 人
学生 随迁子女在校生数 人
学生 家庭住址在划片范围内的小学在校生数 人
学生 家庭住址在划片范围内的初中在校生数 人
小学班级
初中班级
小学专任教师
初中专任教师
校舍与场地 教学及辅助用房面积 平方米
校舍与场地 其中:室内体育用房面积 平方米
校舍与场地 运动场地面积 平方米
装备 教学仪器设备资产值 万元
装备 网络多媒体教室 间
装备 图书 册
装备 计算机 台
音乐美术教室 音乐教室总间数 间
音乐美术教室 单间面积≥96㎡的音乐教室 间
音乐美术教室 73㎡≤单间面积<96㎡的音乐教室 间
音乐美术教室 54㎡≤单间面积<73㎡的音乐教室 间
音乐美术教室 美术教室总间数 间
音乐美术教室 单间面积≥90㎡的美术教室 间
音乐美术教室 67㎡≤单间面积<90㎡的美术教室 间
音乐美术教室 54㎡≤单间面积<67㎡的美术教室 间
经费 上年度公用经费预算 万元
经费 上年度公用经费决算 万元
经费 上年度教师培训经费预算 万元
经费 上年度教师培训经费决算 万元
初中巩固率 本届毕业学生数 人
初中巩固率 三年前初一在校生数 人
初中巩固率 三年转入 人
初中巩固率 三年转出 人
初中巩固率 三年死亡 人
其他 备注
";
const BANDS: [&str; 10] = [
    "25人以下",
    "26-30人",
    "31-35人",
    "36-40人",
    "41-45人",
    "46-50人",
    "51-55人",
    "56-60人",
    "61-65人",
    "66人以上",
];
const TEACHERS: [&str; 13] = [
    "专任教师数",
    "其中:专科",
    "其中:本科",
    "其中:硕士",
    "其中:博士",
    "县级及以上骨干教师",
    "体育教师",
    "音乐教师",
    "美术教师",
    "艺术教师",
    "持有教师资格证",
    "近5年培训满360学时",
    "中级及以上专业技术职务教师",
];
/// 规划并建成年份, which 合计 leaves out.
const BUILT: usize = 7;
const HEADERS: usize = 5;

/// Group, item and unit.
fn columns() -> Vec<[String; 3]> {
    let mut columns = Vec::new();
    for line in COLUMNS.trim().lines() {
        let words: Vec<&str> = line.split(' ').collect();
        let mut put = |item: String, unit: &str| {
            columns.push([words[0].to_owned(), item, unit.to_owned()]);
        };
        match words[..] {
            [_, item] => put(item.to_owned(), ""),
            [_, item, unit] => put(item.to_owned(), unit),
            [group] if group.ends_with("班级") => {
                put(format!("{group}数"), "个");
                let stage = group.trim_end_matches("班级");
                for band in BANDS {
                    put(format!("{stage}{band}班级数"), "个");
                }
            }
            _ => TEACHERS
                .iter()
                .for_each(|item| put((*item).to_owned(), "人")),
        }
    }
    columns
}

/// The workbook.
pub fn bytes(county: &County, period: u16) -> Result<Vec<u8>, XlsxError> {
    let columns = columns();
    let mut rows = heads(county, &columns, period);
    rows.extend(county.schools.iter().map(row));
    rows.push(total(&rows[HEADERS..]));
    rows.push(vec![text(
        "填表说明:1. 一校一行。2. 没有的项目留空。3. 不得改动表头。",
    )]);
    rows.push(vec![text("单位负责人:")]);
    let last = columns.len() as u16 - 1;
    let mut merged = vec![(0, 0, last)];
    let mut first = 0;
    for group in columns.chunk_by(|one, next| one[0] == next[0]) {
        let end = first + group.len() as u16;
        if group.len() > 1 {
            merged.push((2, first, end - 1));
        }
        first = end;
    }
    workbook::bytes("学校汇总表", &rows, HEADERS, &merged, period)
}

/// The title rows, two header rows and the units.
fn heads(county: &County, columns: &[[String; 3]], period: u16) -> Vec<Vec<Cell>> {
    let name = &county.name.name;
    let mut about = vec![Cell::Blank; 20];
    about[0] = text(&format!("填报单位（章）:{name}教育局"));
    about[9] = text(&format!("填报年度:{period}"));
    about[19] = text("数据时点:9月1日");
    let mut groups: Vec<Cell> = Vec::new();
    for group in columns.chunk_by(|one, next| one[0] == next[0]) {
        groups.push(text(&group[0][0]));
        groups.resize(groups.len() + group.len() - 1, Cell::Blank);
    }
    let line = |part: usize| columns.iter().map(|column| text(&column[part])).collect();
    vec![
        vec![text("县（市、区）义务教育学校数据汇总表")],
        about,
        groups,
        line(1),
        line(2),
    ]
}

/// A school's cells, in the order of `COLUMNS`.
fn row(school: &School) -> Vec<Cell> {
    let place = &school.place;
    let yes_no = |yes: bool| text(if yes { "是" } else { "否" });
    let [primary, junior] = &school.stages;
    let of = |stage: &Option<Stage>, figure: fn(&Stage) -> u32| {
        stage.as_ref().map_or(Cell::Blank, |s| count(figure(s)))
    };
    let mut row = vec![
        text(&school.code),
        text(&place.name),
        text(school.kind.code()),
        text(if place.private { "10" } else { "7" }),
        text(place.urban_rural),
        text(place.township),
        yes_no(school.is_boarding()),
        count(school.built),
        yes_no(false),
        of(primary, Stage::pupils),
        of(junior, Stage::pupils),
        if school.seniors > 0 {
            count(school.seniors)
        } else {
            Cell::Blank
        },
        count(school.migrants),
        of(primary, |stage| stage.nearby),
        of(junior, |stage| stage.nearby),
    ];
    for stage in [primary, junior] {
        match stage {
            Some(stage) => {
                row.push(count(stage.class_sizes.len() as u32));
                row.extend(stage.bands().map(count));
            }
            None => row.resize(row.len() + 1 + BANDS.len(), Cell::Blank),
        }
    }
    for stage in [primary, junior] {
        match stage {
            Some(stage) => row.extend(teachers(stage).into_iter().map(count)),
            None => row.resize(row.len() + TEACHERS.len(), Cell::Blank),
        }
    }
    let amounts = [
        school.teaching_area,
        school.indoor_sports_area,
        school.sports_ground_area,
        school.equipment,
    ];
    row.extend(amounts.map(Cell::Number));
    row.extend([school.media_rooms, school.books, school.computers].map(count));
    for _music_then_fine_art in 0..2 {
        row.push(count(school.rooms.iter().sum()));
        row.extend(school.rooms.map(count));
    }
    row.extend(school.funds.map(Cell::Number));
    match junior {
        Some(_) => row.extend(school.retention.map(count)),
        None => row.resize(row.len() + school.retention.len(), Cell::Blank),
    }
    row.push(Cell::Blank);
    row
}

fn teachers(stage: &Stage) -> Vec<u32> {
    [
        &[stage.teachers][..],
        &stage.degrees,
        &[stage.backbone],
        &stage.subjects,
        &[stage.teachers, stage.trained, stage.senior_titles],
    ]
    .concat()
}

/// 合计: the sums of the columns with numbers.
fn total(schools: &[Vec<Cell>]) -> Vec<Cell> {
    let width = schools.iter().map(Vec::len).max().unwrap_or_default();
    let sum = |at: usize| {
        let numbers = schools.iter().filter_map(|row| match row[at] {
            Cell::Number(number) => Some(number),
            _ => None,
        });
        let numbers: Vec<f64> = numbers.collect();
        match numbers[..] {
            [] => Cell::Blank,
            _ if at == BUILT => Cell::Blank,
            _ => Cell::Number(cents(numbers.iter().sum())),
        }
    };
    let mut row: Vec<Cell> = (0..width).map(sum).collect();
    row[0] = text("合计");
    row
}
