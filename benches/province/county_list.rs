//! 区县填报表: the 20 items of the blank form, and the seven of 一票否决, which the program's own template adds.

use rust_xlsxwriter::XlsxError;

use crate::county::County;
use crate::workbook::{self, Cell, count, text};

/// 类别, 填报项目, 单位; the first three and the last seven hold no figures.
const ITEMS: &str = "
基本信息 区县名称
基本信息 区县代码
基本信息 填报年度
经费标准 规定的小学生均公用经费标准 元
经费标准 规定的初中生均公用经费标准 元
经费标准 特殊教育学校经费总额 元
经费标准 特殊教育学校学生人数 人
工资收入 上年度义务教育学校教师年平均工资收入水平（不含民办学校） 万元
工资收入 当地公务员年平均工资收入 万元
教师交流轮岗 符合交流条件教师总数 人
教师交流轮岗 实际交流轮岗教师数 人
教师交流轮岗 实际交流骨干教师数量 人
优质高中招生 优质高中招生计划总人数 人
优质高中招生 优质高中招生分配指标数 人
优质高中招生 向农村学校分配指标数 人
随迁子女 符合条件的随迁子女总人数 人
随迁子女 在县域内公办学校就读的随迁子女人数 人
随迁子女 在政府购买服务的民办学校就读随迁子女人数 人
残疾儿童入学 适龄残疾儿童少年总数 人
残疾儿童入学 适龄残疾儿童少年入学总人数 人
一票否决 是否存在以考试方式招生 是/否
一票否决 是否存在违规择校行为 是/否
一票否决 是否存在重点学校或重点班 是/否
一票否决 是否存在“有编不补”或长期聘用编外教师的情况 是/否
一票否决 教育系统是否存在重大安全责任事故和严重违纪违规事件 是/否
一票否决 是否有弄虚作假行为 是/否
一票否决 是否规范治理校外培训机构及减轻中小学课外负担不力 是/否
";

pub fn bytes(county: &County, period: u16) -> Result<Vec<u8>, XlsxError> {
    let name = &county.name;
    let about = [text(&name.name), text(&name.code), count(period.into())];
    let figures = county.stated.map(Cell::Number);
    let vetoes = (0..7).map(|nth| {
        text(if nth == 0 && county.vetoed {
            "是"
        } else {
            "否"
        })
    });
    let values = about.into_iter().chain(figures).chain(vetoes);
    let heads = "序号 类别 填报项目 单位 填报值 是否必填 备注说明";
    let mut rows = vec![heads.split(' ').map(text).collect()];
    for ((nth, line), value) in (1..).zip(ITEMS.trim().lines()).zip(values) {
        let mut words = line.split(' ');
        let mut word = || text(words.next().unwrap_or_default());
        let (category, item, unit) = (word(), word(), word());
        let required = text(if nth <= 20 { "是" } else { "否" });
        rows.push(vec![count(nth), category, item, unit, value, required]);
    }
    workbook::bytes("区县填报数据", &rows, 1, &[], period)
}
