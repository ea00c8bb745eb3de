//! What the forms for schools ask for: the columns of 学校汇总表 and the items of 学校填报表.

use crate::Outcome;
use crate::figures::{BANDS, TEACHERS};
use crate::kinds::{STAGES, SUFFIXES};
use std::iter;

/// A table written as text: one row a line, up to five fields between `|`.
pub fn rows(table: &'static str) -> Vec<[&'static str; 5]> {
    let row = |line: &'static str| {
        let mut fields = line.split('|').map(str::trim);
        std::array::from_fn(|_| fields.next().unwrap_or_default())
    };
    table.trim().lines().map(row).collect()
}

/// A column of a 学校汇总表.
#[derive(Clone)]
pub struct Column {
    pub name: String,
    pub group: String,
    pub item: String,
    pub unit: &'static str,
}

pub fn column(name: &str, group: &str, item: &str, unit: &'static str) -> Column {
    let (name, group, item) = (name.to_owned(), group.to_owned(), item.to_owned());
    Column {
        name,
        group,
        item,
        unit,
    }
}

/// The column of this name, to be changed.
pub fn find<'a>(columns: &'a mut [Column], name: &str) -> Outcome<&'a mut Column> {
    let mut named = columns.iter_mut().filter(|column| column.name == name);
    named
        .next()
        .ok_or_else(|| format!("no column {name}").into())
}

/// Group, column, item and unit of what is not asked for by stage; classes and teachers come after 学生.
const COLUMNS: &str = "
基本信息 | school_code | 学校标识码 |
基本信息 | school_name | 学校名称 |
基本信息 | school_type | 办学类型 | 代码
基本信息 | sponsor | 举办者类型 | 代码
基本信息 | urban_rural | 城乡类型 | 代码
基本信息 | township | 所属乡镇 |
基本信息 | boarding | 是否寄宿制 | 是/否
基本信息 | built_year | 规划并建成年份 | 年
基本信息 | central_city | 是否大城市中心城区学校 | 是/否
学生 | students_primary | 小学在校生数 | 人
学生 | students_junior | 初中在校生数 | 人
学生 | students_senior | 高中在校生数 | 人
学生 | migrant_students | 随迁子女在校生数 | 人
学生 | catchment_primary | 家庭住址在划片范围内的小学在校生数 | 人
学生 | catchment_junior | 家庭住址在划片范围内的初中在校生数 | 人
校舍与场地 | school_teaching_area | 教学及辅助用房面积 | 平方米
校舍与场地 | school_indoor_sports_area | 其中:室内体育用房面积 | 平方米
校舍与场地 | school_sports_ground_area | 运动场地面积 | 平方米
装备 | school_equipment_value | 教学仪器设备资产值 | 万元
装备 | school_media_rooms | 网络多媒体教室 | 间
装备 | school_books | 图书 | 册
装备 | school_computers | 计算机 | 台
音乐美术教室 | music_rooms | 音乐教室总间数 | 间
音乐美术教室 | music_rooms_ge96 | 单间面积≥96㎡的音乐教室 | 间
音乐美术教室 | music_rooms_73_96 | 73㎡≤单间面积<96㎡的音乐教室 | 间
音乐美术教室 | music_rooms_54_73 | 54㎡≤单间面积<73㎡的音乐教室 | 间
音乐美术教室 | fine_art_rooms | 美术教室总间数 | 间
音乐美术教室 | fine_art_rooms_ge90 | 单间面积≥90㎡的美术教室 | 间
音乐美术教室 | fine_art_rooms_67_90 | 67㎡≤单间面积<90㎡的美术教室 | 间
音乐美术教室 | fine_art_rooms_54_67 | 54㎡≤单间面积<67㎡的美术教室 | 间
经费 | public_funds_budget | 上年度公用经费预算 | 万元
经费 | public_funds_final | 上年度公用经费决算 | 万元
经费 | training_funds_budget | 上年度教师培训经费预算 | 万元
经费 | training_funds_final | 上年度教师培训经费决算 | 万元
初中巩固率 | graduates | 本届毕业学生数 | 人
初中巩固率 | entrants_3y_ago | 三年前初一在校生数 | 人
初中巩固率 | transferred_in_3y | 三年转入 | 人
初中巩固率 | transferred_out_3y | 三年转出 | 人
初中巩固率 | died_3y | 三年死亡 | 人
其他 | remark | 备注 |
";

/// The columns of these groups, in this order.
pub fn groups(names: &[&str]) -> Vec<Column> {
    let all = rows(COLUMNS);
    let of_group = |wanted| all.iter().filter(move |[group, ..]| group == wanted);
    let columns = names.iter().flat_map(of_group);
    columns
        .map(|[group, name, item, unit, _]| column(name, group, item, unit))
        .collect()
}

/// `named` says the stage in every header, as the form does.
pub fn class_columns(stage: usize, group: &str, named: &str) -> Vec<Column> {
    let all = ("classes".to_owned(), format!("{named}班级数"));
    let bands = BANDS.map(|(band, words)| {
        let item = if named.is_empty() {
            words.to_owned()
        } else {
            format!("{named}{words}班级数")
        };
        (format!("class_{band}"), item)
    });
    iter::once(all)
        .chain(bands)
        .map(|(name, item)| column(&format!("{name}_{}", SUFFIXES[stage]), group, &item, "个"))
        .collect()
}

pub fn teacher_columns(stage: usize, group: &str) -> Vec<Column> {
    let suffix = SUFFIXES[stage];
    TEACHERS
        .iter()
        .map(|(name, item)| column(&format!("{name}_{suffix}"), group, item, "人"))
        .collect()
}

/// 小学's classes and 初中's, as the form names them.
pub fn form_classes() -> Vec<Column> {
    let of_stage = |word: &str, stage| class_columns(stage, &format!("{word}班级"), word);
    [of_stage(STAGES[0], 0), of_stage(STAGES[1], 1)].concat()
}

/// The teachers of these stages, as the form names them.
pub fn form_teachers(stages: [usize; 2]) -> Vec<Column> {
    let of_stage = |stage| teacher_columns(stage, &format!("{}专任教师", STAGES[stage]));
    stages.map(of_stage).concat()
}

/// The form's own columns in the form's own order.
pub fn form_columns() -> Vec<Column> {
    let premises = ["校舍与场地", "装备", "音乐美术教室"];
    [
        groups(&["基本信息", "学生"]),
        form_classes(),
        form_teachers([0, 1]),
        groups(&premises),
        groups(&["经费", "初中巩固率", "其他"]),
    ]
    .concat()
}

/// 类别, 填报项目, 单位, the value's key, 备注说明. What only some schools fill in is not 必填.
pub const SCHOOL_ITEMS: &str = "
基本信息 | 学校名称 |  | school_name |
基本信息 | 学校类型 | 小学/初中/九年一贯制/十二年一贯制/完全中学 | list_type |
基本信息 | 学校代码 |  | school_code |
基本信息 | 建校时间 | 年 | built_year |
基本信息 | 是否2010年及之前规划并建成 | 是/否 | built_by_2010 |
基本信息 | 是否2016年及之前规划并建成 | 是/否 | built_by_2016 |
基本信息 | 是否人口密度过高的大城市中心城区学校 | 是/否 | central_city |
基本信息 | 是否50人及以上但不足100人的乡村小规模学校和教学点 | 是/否 | small_rural_school |
基本信息 | 是否最大班额低于30人的农村小规模学校 | 是/否 | small_rural_classes |
学生信息 | 小学学生人数 | 人 | students_primary |
学生信息 | 初中学生人数 | 人 | students_junior |
学生信息 | 进城务工人员随迁子女在校生人数 | 人 | migrant_students |
学生信息 | 家庭住址在划片范围内的在校学生人数（小学） | 人 | catchment_primary |
学生信息 | 家庭住址在划片范围内的在校学生人数（初中） | 人 | catchment_junior |
班级信息 | 班级总数 | 个 | classes_whole |
班级信息 | 每班25人以下班级个数 | 个 | class_le25_whole |
班级信息 | 每班26-30人班级个数 | 个 | class_26_30_whole |
班级信息 | 每班31-35人班级个数 | 个 | class_31_35_whole |
班级信息 | 每班36-40人班级个数 | 个 | class_36_40_whole |
班级信息 | 每班41-45人班级个数 | 个 | class_41_45_whole |
班级信息 | 每班46-50人班级个数 | 个 | class_46_50_whole |
班级信息 | 每班51-55人班级个数 | 个 | class_51_55_whole |
班级信息 | 每班56-60人班级个数 | 个 | class_56_60_whole |
班级信息 | 每班61-65人班级个数 | 个 | class_61_65_whole |
班级信息 | 每班66人以上班级个数 | 个 | class_ge66_whole |
教师学历信息 | 专任教师总人数 | 人 | teachers_whole |
教师学历信息 | 专科学历教师人数（小学） | 人 | college_primary |
教师学历信息 | 本科学历教师人数（小学） | 人 | bachelor_primary |
教师学历信息 | 本科学历教师人数（初中） | 人 | bachelor_junior |
教师学历信息 | 硕士学历教师人数（小学） | 人 | master_primary |
教师学历信息 | 硕士学历教师人数（初中） | 人 | master_junior |
教师学历信息 | 博士研究生学历教师人数（小学） | 人 | doctor_primary |
教师学历信息 | 博士研究生学历教师人数（初中） | 人 | doctor_junior |
教师学历信息 | 县级及以上骨干教师数 | 人 | backbone_whole |
教师学历信息 | 持有教师资格证的专任教师人数 | 人 | certified_whole |
教师学历信息 | 近5年培训满360学时专任教师人数 | 人 | trained_whole |
体育艺术教师 | 体育专任教师人数 | 人 | pe_whole |
体育艺术教师 | 音乐专任教师人数 | 人 | music_whole |
体育艺术教师 | 美术专任教师人数 | 人 | fine_art_whole |
体育艺术教师 | 艺术专任教师人数 | 人 | arts_whole |
体育艺术教师 | 体育交流轮岗/兼职/走教教师人数 | 人 | pe_visiting | 仅50-100人乡村小规模学校填写
体育艺术教师 | 音乐交流轮岗/兼职/走教教师人数 | 人 | music_visiting | 仅50-100人乡村小规模学校填写
体育艺术教师 | 美术交流轮岗/兼职/走教教师人数 | 人 | fine_art_visiting | 仅50-100人乡村小规模学校填写
体育艺术教师 | 艺术交流轮岗/兼职/走教教师人数 | 人 | arts_visiting | 仅50-100人乡村小规模学校填写
教学用房面积 | 教学及辅助用房总面积 | 平方米 | school_teaching_area |
教学用房面积 | 室内体育用房面积 | 平方米 | school_indoor_sports_area |
体育场馆面积 | 学校体育馆面积 | 平方米 | school_gymnasium_area |
体育场馆面积 | 校内体育场面积 | 平方米 | school_sports_ground_area |
体育场馆面积 | 校外租赁场馆面积 | 平方米 | school_rented_sports_area | 仅人口密度过高的中心城区学校填写
体育场馆面积 | 校内其他体育场面积 | 平方米 | school_other_sports_area | 仅人口密度过高的中心城区学校填写
教学设备 | 教学仪器设备资产值（账面原值） | 万元 | school_equipment_value |
教学设备 | 网络多媒体教室间数 | 间 | school_media_rooms |
音乐美术教室 | 音乐教室总间数 | 间 | music_rooms |
音乐美术教室 | 单间面积≥96㎡的音乐教室间数 | 间 | music_rooms_ge96 |
音乐美术教室 | 73㎡≤单间面积＜96㎡的音乐教室间数 | 间 | music_rooms_73_96 |
音乐美术教室 | 61㎡≤单间面积＜73㎡的音乐教室间数 | 间 | music_rooms_61_73 |
音乐美术教室 | 美术教室总间数 | 间 | fine_art_rooms |
音乐美术教室 | 单间面积≥90㎡的美术教室间数 | 间 | fine_art_rooms_ge90 |
音乐美术教室 | 67㎡≤单间面积＜90㎡的美术教室间数 | 间 | fine_art_rooms_67_90 |
音乐美术教室 | 61㎡≤单间面积＜67㎡的美术教室间数 | 间 | fine_art_rooms_61_67 |
经费信息 | 上一年度公用经费预算总额 | 万元 | public_funds_budget |
经费信息 | 上一年度公用经费决算总额 | 万元 | public_funds_final |
经费信息 | 上一年度教师培训经费预算总额 | 万元 | training_funds_budget |
巩固率数据 | 本届毕业学生人数 | 人 | graduates | 初中填写
巩固率数据 | 毕业年级初一时在校学生数 | 人 | entrants_3y_ago | 初中填写
巩固率数据 | 毕业年级三年转入学生数 | 人 | transferred_in_3y | 初中填写
巩固率数据 | 毕业年级三年转出学生数 | 人 | transferred_out_3y | 初中填写
巩固率数据 | 毕业年级三年死亡学生数 | 人 | died_3y | 初中填写
";
