//! What each county sends, and the scripts of the mistakes in it; `Target::plant` says how a script is written.

use crate::Outcome;
use crate::applied;
use crate::balance::hold_to;
use crate::counties::County;
use crate::figures::{BANDS, TEACHERS, stage_columns};
use crate::forms::{
    Column, SCHOOL_ITEMS, class_columns, column, find, form_classes, form_columns, form_teachers,
    groups, teacher_columns,
};
use crate::kinds::Kind::{Junior, Nine, Primary};
use crate::kinds::{STAGES, SUFFIXES};
use crate::numbers::cents;
use crate::questionnaires;
use crate::schools::School;
use crate::sheets::{Cell, Sheet, count};
use crate::summary::Units;
use crate::target::Target;
use crate::totals::Totals;

const SUMMARY: &str = "学校汇总表.xlsx";

pub fn chengxi(county: &County, target: &mut Target) -> Outcome<()> {
    hold_to(county, true)?;
    let sheet = Sheet::plain_summary(county, &form_columns(), Units::Row);
    target.write_summary(county, &county.file(SUMMARY), sheet, "")?;
    target.write_county_list(county, "")?;
    applied::clean(county, target)?;
    questionnaires::chengxi(county, target)?;
    target.write_government_work(county, "")
}

const IN_YUNLING: &str = "
primary 10 | school_teaching_area | keep | unusual teaching-area-unlike-peers | less than half of what schools of its size have
junior 2 | school_equipment_value | keep | unusual equipment-unlike-peers | less than half of what schools of its size have
junior 5 | school_equipment_value | keep | unusual equipment-unlike-peers | three times what schools of its size have
junior 5 | school_sports_ground_area | keep | unusual sports-area-unlike-peers | more than three times what schools of its size have
";

pub fn yunling(county: &County, target: &mut Target) -> Outcome<()> {
    hold_to(county, false)?;
    let mut columns = vec![column("serial", "", "序号", "")];
    columns.extend(groups(&["基本信息"]));
    columns.swap(1, 2);
    columns.iter_mut().for_each(|column| column.group.clear());
    columns.extend(groups(&["校舍与场地", "装备"]));
    columns.extend(form_teachers([1, 0]));
    columns.extend(groups(&["学生", "初中巩固率", "音乐美术教室", "经费"]));
    columns.extend(form_classes());
    let left_out = [
        "township",
        "school_books",
        "school_computers",
        "catchment",
        "senior_title",
    ];
    let is_left_out = |column: &Column| left_out.iter().any(|name| column.name.starts_with(name));
    columns.retain(|column| !is_left_out(column));
    let sheet = Sheet::plain_summary(county, &columns, Units::Row);
    target.write_summary(county, &county.file(SUMMARY), sheet, IN_YUNLING)?;
    target.write_county_list(county, "")?;
    applied::clean(county, target)?;
    target.write_government_work(county, "")
}

const IN_DONGPING: &str = "
primary 1 | students_primary | as-text | value-converted | a number as text
primary 3 | teachers_primary | full-width | value-converted | full-width digits
primary 5 | school_books | thousands | value-converted | a thousands separator
primary 7 | school_teaching_area | chinese-stop | value-converted | 。 as the decimal point
junior 1 | teachers_junior | followed-by 名 | value-converted | 名 after the number
junior 2 | school_media_rooms | spaced | value-converted | a no-break space before the number, a space after it
primary 10 | school_equipment_value | in-yuan | equipment-unit-suspect | 元 in a column in 万元
primary 10 | school_equipment_value | keep | equipment-unit-error | the same, thousands of times what schools of its size have
complete 1 | school_sports_ground_area | keep | unusual sports-area-unlike-peers | less than half of what schools of its size have
primary 2 | students_senior | mark / | value-token | / in a cell that does not apply
primary 4 | students_junior | mark — | value-token | — in a cell that does not apply
junior 3 | school_computers | mark 无 | value-token | 无 in a count
header | canteen_area | keep | column-unused | a column 食堂面积 that the form does not have
";

pub fn dongping(county: &County, target: &mut Target) -> Outcome<()> {
    let mut columns = form_columns();
    let is_premises = |column: &Column| column.group == "校舍与场地";
    let last_premises = columns.iter().rposition(is_premises).ok_or("校舍")?;
    let canteen = column("canteen_area", "校舍与场地", "食堂面积", "平方米");
    columns.insert(last_premises + 1, canteen);
    let sheet = Sheet::plain_summary(county, &columns, Units::Brackets);
    target.write_summary(county, &county.file(SUMMARY), sheet, IN_DONGPING)?;
    target.write_county_list(county, "")?;
    applied::dongping(county, target)?;
    questionnaires::dongping(county, target)?;
    target.write_government_work(county, "")
}

const IN_TONGWAN: [&str; 3] = [
    "
header | school_equipment_value | keep | unit-converted | the column is in 元
primary 6 | students_primary | words 约300 | value-unreadable | 约300 instead of a number
primary 9 | backbone_primary | empty | value-missing | empty, though the school has the stage
",
    "
header | school_equipment_value | keep | unit-converted | the column is in 元
junior 2 | students_junior | refused 45.5 | value-not-integer | 45.5 pupils
junior 3 | transferred_out_3y | refused -3 | value-negative | -3 pupils
",
    "
teacher_pay | value | number 120536 | pay-unit-suspect | 120536 in an item in 万元
teacher_pay | value | keep | stated-differs | the same, which is not what 国家申报表 says
",
];

pub fn tongwan(county: &County, target: &mut Target) -> Outcome<()> {
    let file = county.file(SUMMARY);
    let mut sheets = Vec::new();
    for (stage, word) in STAGES.iter().enumerate() {
        let mut columns = groups(&["基本信息"]);
        let students = format!("students_{}", SUFFIXES[stage]);
        columns.push(column(&students, "学生", "在校生数", "人"));
        let others = ["", "students_senior"][stage];
        let others = [others, "migrant_students"];
        let is_other = |column: &Column| others.contains(&column.name.as_str());
        columns.extend(groups(&["学生"]).into_iter().filter(is_other));
        let nearby = format!("catchment_{}", SUFFIXES[stage]);
        let item = "家庭住址在划片范围内的在校生数";
        columns.push(column(&nearby, "学生", item, "人"));
        columns.extend(class_columns(stage, "班级", ""));
        columns.extend(teacher_columns(stage, "专任教师"));
        columns.extend(groups(&["校舍与场地", "装备", "音乐美术教室"]));
        let retention = ["", "初中巩固率"][stage];
        columns.extend(groups(&["经费", retention, "其他"]));
        let equipment = find(&mut columns, "school_equipment_value")?;
        equipment.item.push_str("（元）");
        equipment.unit = "元";
        let has_stage = |school: &&School| school.stages[stage].is_some();
        let schools: Vec<&School> = county.schools.iter().filter(has_stage).collect();
        let title = format!("（{word}）");
        let there = schools.iter().copied();
        let mut sheet = Sheet::summary(county, word, Some(&title), &columns, Units::Row, there);
        for school in schools {
            let yuan = Cell::Number((school.equipment * 10_000.0).round());
            sheet.put(&school.code, "school_equipment_value", yuan)?;
        }
        target.plant(county, &file, &mut sheet, IN_TONGWAN[stage])?;
        sheet.close();
        sheets.push(sheet);
    }
    target.write(&file, &sheets)?;
    target.write_county_list(county, IN_TONGWAN[2])?;
    applied::tongwan(county, target)
}

const IN_WANGCHUAN: [&str; 4] = [
    "
backbone_whole | value | keep | figures-by-stage-needed | 小学 and 初中 together, the indicator needs each stage
teachers_whole | value | keep | basic figures-by-stage-needed | 小学 and 初中 together, the indicator needs each stage
",
    "
primary 3 | school_sports_ground_area | not-available | value-error-cell | a formula that gives #N/A
",
    "
total | teachers_primary | plus 20 | total-row-differs | 合计 is 20 more than the schools have
",
    "
rotation_backbone | value | plus 60 | rotation-backbone-exceeds-rotation | 骨干交流 more than all 交流
rotation_backbone | value | keep | stated-differs | the same, which is not what 国家申报表 says
",
];

pub fn wangchuan(county: &County, target: &mut Target) -> Outcome<()> {
    let (mut alone, mut pair) = (Vec::new(), Vec::new());
    for (kind, nth) in county.about.alone {
        let school = county.nth(*kind, *nth)?;
        let name = &school.place.name;
        let figures = school.figures(county.about.words);
        alone.push(school.code.as_str());
        if alone.len() > 5 {
            pair.push(Sheet::list(name, SCHOOL_ITEMS, &figures));
            continue;
        }
        let file = county.file(&format!("学校/{name}.xlsx"));
        let mut sheet = Sheet::list("学校填报数据", SCHOOL_ITEMS, &figures);
        if school.kind == Nine {
            target.plant(county, &file, &mut sheet, IN_WANGCHUAN[0])?;
        }
        target.write(&file, &[sheet])?;
    }
    target.write(&county.file("学校/两校填报表.xlsx"), &pair)?;

    let file = county.file(SUMMARY);
    let together = |school: &&School| !alone.contains(&school.code.as_str());
    let others = county.schools.iter().filter(together);
    let (name, columns) = ("学校汇总表", form_columns());
    let mut sheet = Sheet::summary(county, name, Some(""), &columns, Units::Row, others);
    target.plant(county, &file, &mut sheet, IN_WANGCHUAN[1])?;
    sheet.close();
    target.plant(county, &file, &mut sheet, IN_WANGCHUAN[2])?;
    target.write(&file, &[sheet])?;
    target.write_bytes(&county.file("~$学校汇总表.xlsx"), b"\x06wangchuan")?;
    target.write_bytes(&county.file("Thumbs.db"), b"\xd0\xcf\x11\xe0")?;
    target.write_county_list(county, IN_WANGCHUAN[3])?;
    applied::wangchuan(county, target)?;
    target.write_government_work(county, "")
}

const IN_LANQIAO: [&str; 3] = [
    "
primary 2 | backbone_primary | above teachers_primary 4 | backbone-exceeds-teachers | 4 more 骨干教师 than 专任教师
primary 4 | pe_primary | above teachers_primary 3 | subject-teachers-exceed-teachers | more 体育教师 than 专任教师
junior 1 | bachelor_junior | above teachers_junior 2 | degrees-exceed-teachers | more 本科 than 专任教师
primary 6 | certified_primary | above teachers_primary 5 | certified-exceed-teachers | 5 more 持证 than 专任教师
junior 2 | school_indoor_sports_area | above school_teaching_area 120.5 | indoor-sports-exceed-teaching-area | larger than 教学及辅助用房, of which it is a part
primary 8 | classes_primary | plus 2 | class-bands-differ-from-classes | 2 more classes than in the bands
primary 15 | students_primary | keep | students-without-teachers | pupils, but 0 专任教师
primary 15 | bachelor_primary | keep | degree-teachers-unlike-peers | the same: nobody with a degree
nine 0 | teachers_primary | keep | teachers-without-students-primary | 专任教师, but 0 pupils and 0 classes
",
    "
migrant_public | value | plus -11 | county-list-differs | 11 fewer than in the public schools of 学校汇总表
migrant_public | value | keep | stated-differs | the same, which is not what 国家申报表 says
",
    "
w10 | score | keep | basic score-out-of-range | 8 points of 7
",
];

pub fn lanqiao(county: &County, target: &mut Target) -> Outcome<()> {
    let code = county.about.code;
    let older = county.file("学校汇总表-2024-10-08.xlsx");
    let newer = county.file("学校汇总表-2024-11-03（更正）.xlsx");
    let mut sheet = Sheet::plain_summary(county, &form_columns(), Units::Row);
    let corrected = &county.nth(Junior, 4)?.code;
    let earlier = cents(sheet.figure(corrected, "school_equipment_value")? / 2.0);
    sheet.put(corrected, "school_equipment_value", Cell::Number(earlier))?;
    target.write_summary(county, &older, sheet, "")?;
    let mistake = "replaced by the file of 2024-11-03, which corrects a 教学仪器设备资产值";
    target.record([code, &older, "-", "-", mistake, "submission-replaced"]);

    let mut sheet = Sheet::plain_summary(county, &form_columns(), Units::Row);
    let without_teachers = &county.nth(Primary, 15)?.code;
    for (column, _) in TEACHERS {
        sheet.put(without_teachers, &format!("{column}_primary"), count(0))?;
    }
    let without_pupils = &county.nth(Nine, 0)?.code;
    for column in stage_columns("primary").iter().take(2 + BANDS.len()) {
        sheet.put(without_pupils, column, count(0))?;
    }
    sheet.put(without_pupils, "catchment_primary", count(0))?;
    target.plant(county, &newer, &mut sheet, IN_LANQIAO[0])?;
    let totals = Totals::of(county).on(&sheet);
    sheet.close();
    target.write(&newer, &[sheet])?;

    let notice = county.file("通知.xlsx");
    let mut sheet = Sheet::named("Sheet1");
    sheet.line(0, ["关于报送2024年度数据的通知"]);
    sheet.line(1, ["各学校:"]);
    sheet.line(2, ["请于9月30日前报送。"]);
    target.write(&notice, &[sheet])?;
    let mistake = "a letter, no form";
    target.record([code, &notice, "-", "-", mistake, "form-unknown"]);
    target.write_county_list(county, IN_LANQIAO[1])?;
    applied::lanqiao(county, target, &totals)?;
    target.write_government_work(county, IN_LANQIAO[2])
}

const IN_LIUYAN: [&str; 2] = [
    "
header | school_media_rooms | keep | column-unused | the same column, unknown under its name
primary 3 | school_type | words 中心校 | choice-unknown | 中心校 is no 办学类型
primary 5 | school_code | words 219923006 | school-code-malformed | 9 digits
primary 7 | school_code | words 2199230007 | school-code-duplicate | the code of the school in the row above
",
    "
code | value | words 990202 | county-differs | the code of 岚桥县 in the folder of 柳堰县
",
];

pub fn liuyan(county: &County, target: &mut Target) -> Outcome<()> {
    let code = county.about.code;
    let file = county.file(SUMMARY);
    let mut columns = form_columns();
    columns.retain(|column| column.group != "初中巩固率");
    find(&mut columns, "school_media_rooms")?.item = "多媒体设备间".to_owned();
    let name = "学校汇总表";
    let sheet = Sheet::summary(county, name, None, &columns, Units::Row, &county.schools);
    let mistake = "网络多媒体教室 is called 多媒体设备间";
    target.record([code, &file, name, "-", mistake, "column-missing"]);
    target.write_summary(county, &file, sheet, IN_LIUYAN[0])?;
    let broken = county.file("学校汇总表（备份）.xlsx");
    let words = "学校汇总表 备份\n此文件不是工作簿。\n";
    target.write_bytes(&broken, words.as_bytes())?;
    let mistake = "plain text under the name of a workbook";
    target.record([code, &broken, "-", "-", mistake, "file-not-workbook"]);
    target.write_county_list(county, IN_LIUYAN[1])?;
    applied::liuyan(county, target)
}
