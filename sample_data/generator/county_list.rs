//! The 区县填报表: its items, and a county's own figures, most of which follow from its schools'.

use crate::Outcome;
use crate::counties::County;
use crate::kinds::Kind::Special;
use crate::numbers::cents;
use crate::schools::School;
use crate::sheets::{Cell, Sheet, count, text};
use crate::target::Target;
use crate::told::Told;
use std::collections::BTreeMap;

/// 类别, 填报项目, 单位, the value's key, 备注说明. 一票否决 is not 必填.
const COUNTY_ITEMS: &str = "
基本信息 | 区县名称 |  | name |
基本信息 | 区县代码 |  | code |
基本信息 | 填报年度 |  | year |
经费标准 | 规定的小学生均公用经费标准 | 元 | funding_primary |
经费标准 | 规定的初中生均公用经费标准 | 元 | funding_junior |
经费标准 | 特殊教育学校经费总额 | 元 | special_funds |
经费标准 | 特殊教育学校学生人数 | 人 | special_students |
工资收入 | 上年度义务教育学校教师年平均工资收入水平（不含民办学校） | 万元 | teacher_pay |
工资收入 | 当地公务员年平均工资收入 | 万元 | civil_servant_pay |
教师交流轮岗 | 符合交流条件教师总数 | 人 | rotation_eligible |
教师交流轮岗 | 实际交流轮岗教师数 | 人 | rotation_teachers |
教师交流轮岗 | 实际交流骨干教师数量 | 人 | rotation_backbone |
优质高中招生 | 优质高中招生计划总人数 | 人 | senior_quota_total |
优质高中招生 | 优质高中招生分配指标数 | 人 | senior_quota_allocated |
优质高中招生 | 向农村学校分配指标数 | 人 | senior_quota_rural |
随迁子女 | 符合条件的随迁子女总人数 | 人 | migrant_eligible |
随迁子女 | 在县域内公办学校就读的随迁子女人数 | 人 | migrant_public |
随迁子女 | 在政府购买服务的民办学校就读随迁子女人数 | 人 | migrant_purchased |
残疾儿童入学 | 适龄残疾儿童少年总数 | 人 | disabled_children |
残疾儿童入学 | 适龄残疾儿童少年入学总人数 | 人 | disabled_enrolled |
一票否决 | 是否存在以考试方式招生 | 是/否 | veto_exams |
一票否决 | 是否存在违规择校行为 | 是/否 | veto_choice |
一票否决 | 是否存在重点学校或重点班 | 是/否 | veto_key_schools |
一票否决 | 是否存在“有编不补”或长期聘用编外教师的情况 | 是/否 | veto_staffing |
一票否决 | 教育系统是否存在重大安全责任事故和严重违纪违规事件 | 是/否 | veto_incidents |
一票否决 | 是否有弄虚作假行为 | 是/否 | veto_falsification |
一票否决 | 是否规范治理校外培训机构及减轻中小学课外负担不力 | 是/否 | veto_burden |
";

const VETOES: [&str; 7] = [
    "veto_exams",
    "veto_choice",
    "veto_key_schools",
    "veto_staffing",
    "veto_incidents",
    "veto_falsification",
    "veto_burden",
];

impl Target {
    /// A 区县填报表, with a script's mistakes.
    pub fn write_county_list(&mut self, county: &County, script: &'static str) -> Outcome<()> {
        let file = county.file("区县填报表.xlsx");
        let mut sheet = Sheet::list("区县填报数据", COUNTY_ITEMS, &county_values(county));
        self.plant(county, &file, &mut sheet, script)?;
        // The form comes with a sheet that explains the indicators and holds nothing to read.
        let mut aside = Sheet::named("指标计算说明");
        aside.headers = 1;
        aside.line(0, ["指标名称", "计算公式", "达标标准"]);
        let formula = "入学总人数÷适龄残疾儿童少年总数";
        aside.line(1, ["残疾儿童少年入学率", formula, "不低于95%"]);
        self.write(&file, &[sheet, aside])
    }
}

/// What a county fills in, by the value's key.
pub fn county_values(county: &County) -> BTreeMap<String, Cell> {
    let schools = || county.schools.iter();
    let migrants = |private: bool| {
        let of_sponsor = schools().filter(|school| school.place.private == private);
        of_sponsor.map(|school| school.migrants).sum::<u32>()
    };
    let special = || schools().filter(|school| school.kind == Special);
    let special_students: u32 = special().map(School::total).sum();
    let special_funds: f64 = special().map(|school| school.funds[0] * 10_000.0).sum();
    let stages = schools().flat_map(|school| school.stages.iter().flatten());
    let teachers: u32 = stages.map(|stage| stage.teachers).sum();
    let graduates: u32 = schools().map(|school| school.retention[0]).sum();
    let (public, purchased) = (migrants(false), migrants(true));
    let eligible = teachers * 2 / 5;
    let rotating = eligible * 3 / 20 + 1;
    let seniors = graduates * 3 / 10;
    let Told { quota, veto, .. } = county.about.told;
    let disabled = special_students + 60 + teachers % 17;
    let pay = 10.5 + f64::from(teachers % 90) / 100.0;
    let values = [
        ("name", text(county.about.name)),
        ("code", text(county.about.code)),
        ("year", count(2024)),
        ("funding_primary", count(1150)),
        ("funding_junior", count(1350)),
        ("special_funds", Cell::Number(special_funds.round())),
        ("special_students", count(special_students)),
        ("teacher_pay", Cell::Number(cents(pay + 0.36))),
        ("civil_servant_pay", Cell::Number(cents(pay))),
        ("rotation_eligible", count(eligible)),
        ("rotation_teachers", count(rotating)),
        ("rotation_backbone", count(rotating / 4 + 1)),
        ("senior_quota_total", count(seniors)),
        ("senior_quota_allocated", count(seniors * quota / 100)),
        ("senior_quota_rural", count(seniors * 7 / 20)),
        ("migrant_eligible", count((public + purchased) * 21 / 20)),
        ("migrant_public", count(public)),
        ("migrant_purchased", count(purchased)),
        ("disabled_children", count(disabled)),
        ("disabled_enrolled", count(disabled - disabled / 40)),
    ];
    let values = values.into_iter();
    let vetoes = VETOES.into_iter().map(|key| {
        let answer = if key == veto { "是" } else { "否" };
        (key, text(answer))
    });
    let all = values.chain(vetoes);
    all.map(|(key, value)| (key.to_owned(), value)).collect()
}
