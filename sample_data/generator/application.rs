//! The 国家申报表: the sheets that a county fills in, and the two that it leaves to those who evaluate it.

use crate::Outcome;
use crate::answers::Stated;
use crate::counties::County;
use crate::forms::rows;
use crate::sentence::Sentence;
use crate::sheets::{Cell, Sheet, count, text};
use crate::statements::{CONCLUSIONS, GOVERNMENT, QUALITY};

/// The seven indicators as the form heads them.
const INDICATORS: [&str; 7] = [
    "每百名学生拥有高于规定学历教师数",
    "每百名学生拥有县级及以上骨干教师数",
    "每百名学生拥有体育、艺术(美术、音乐)专任教师数",
    "生均教学及辅助用房面积（㎡）",
    "生均体育运动场馆面积（㎡）",
    "生均教学仪器设备值(元)",
    "每百名学生拥有网络多媒体教室数",
];

impl Sheet {
    /// 表Ⅳ. The form begins a new page after its eighth item.
    pub fn government(county: &County, stated: &Stated) -> Outcome<Sheet> {
        let mut sheet = Sheet::statements("表4", "表Ⅳ 政府保障程度评估指标");
        sheet.line(1, ["名称", "指标值或简要结论", "是否达标"]);
        sheet.line(11, ["指标名称", "指标值或简要结论", "是否达标"]);
        for (nth, item) in (0..).zip(rows(GOVERNMENT)) {
            let row = if nth < 8 { 2 + nth } else { 4 + nth };
            sheet.statement(row, nth + 1, item, county, stated)?;
        }
        sheet.line(19, ["注：表中所有比例数值保留一位小数，其余保留整数。"]);
        Ok(sheet)
    }

    /// 表Ⅴ.
    pub fn quality(county: &County, stated: &Stated) -> Outcome<Sheet> {
        let mut sheet = Sheet::statements("表5", "表Ⅴ 教育质量评估指标");
        sheet.headers = 3;
        for (column, words) in (0..).zip(["名称", "指标值或简要结论", "是否达标"]) {
            sheet.header((1, column), (2, column), words);
        }
        for (nth, item) in (0..).zip(rows(QUALITY)) {
            sheet.statement(3 + nth, nth + 1, item, county, stated)?;
        }
        Ok(sheet)
    }

    fn statements(name: &str, title: &str) -> Sheet {
        let mut sheet = Sheet::named(name);
        sheet.widths = &[60, 80, 12];
        sheet.headers = 2;
        sheet.line(0, [title]);
        for (at, column) in (0..).zip(["item", "answer", "claim"]) {
            sheet.columns.insert(column.to_owned(), at);
        }
        sheet
    }

    fn statement(
        &mut self,
        row: u32,
        number: u32,
        [key, item, sentence, ..]: [&'static str; 5],
        county: &County,
        stated: &Stated,
    ) -> Outcome<()> {
        self.rows.insert(key.to_owned(), row);
        self.cells
            .insert((row, 0), Cell::Text(format!("{number}.  {item}")));
        let answer = if sentence.is_empty() {
            conclusion(county, key).map(Cell::Text)
        } else {
            Some(Cell::Sentence(Sentence::filled(sentence, &stated.answers)?))
        };
        self.cells.extend(answer.map(|answer| ((row, 1), answer)));
        let met = *stated
            .met
            .get(key)
            .ok_or_else(|| format!("no verdict {key}"))?;
        let claim = if met { "达标" } else { "未达标" };
        self.cells.insert((row, 2), text(claim));
        Ok(())
    }

    /// 表Ⅵ: those who were asked, and the parents among them.
    pub fn survey(asked: [u32; 3]) -> Sheet {
        let mut sheet = Sheet::named("表6");
        sheet.headers = 5;
        sheet.line(0, ["表Ⅵ 社会认可度调查情况"]);
        sheet.header((1, 1), (1, 3), "问卷总数");
        sheet.header((1, 5), (1, 6), "实地走访人数");
        sheet.spread(
            1,
            [(4, "问卷调查综合满意度（%）"), (7, "实地走访满意度（%）")],
        );
        sheet.header((2, 2), (2, 3), "其中：回收有效问卷数");
        sheet.spread(2, [(1, "计"), (5, "计"), (6, "其中：满意人数")]);
        sheet.spread(3, [(2, "计"), (3, "其中：满意问卷数")]);
        sheet.line(4, ["", "L1", "L2", "L3", "L4", "L5", "L6", "L7"]);
        let columns = "group issued valid satisfied rate visited content visit_rate";
        for (at, column) in (0..).zip(columns.split(' ')) {
            sheet.columns.insert(column.to_owned(), at);
        }
        sheet.respondents("all", "计", asked);
        sheet.respondents("parent", "其中：家长", asked.map(|number| number * 3 / 5));
        sheet
    }

    /// One more row of 表Ⅵ.
    pub fn respondents(&mut self, key: &str, group: &str, [issued, valid, satisfied]: [u32; 3]) {
        let row = self.headers + self.rows.len() as u32;
        let (visited, content) = (valid / 8, satisfied / 8);
        let rate = |part: u32, whole: u32| {
            let hundredths = (20_000 * part + whole) / (2 * whole);
            Cell::Number(f64::from(hundredths) / 100.0)
        };
        let figures = [issued, valid, satisfied].map(count).into_iter();
        let figures = figures.chain([rate(satisfied, valid), count(visited), count(content)]);
        let figures = figures.chain([rate(content, visited)]);
        self.rows.insert(key.to_owned(), row);
        self.cells.insert((row, 0), text(group));
        self.cells.extend(
            (1..)
                .zip(figures)
                .map(|(column, cell)| ((row, column), cell)),
        );
    }

    /// 表Ⅱ-2 as the form has it, without a figure.
    pub fn by_school() -> Sheet {
        let mut sheet = Sheet::named("表2-2");
        sheet.headers = 3;
        sheet.header(
            (0, 0),
            (0, 14),
            "表Ⅱ-2  小学、初中资源配置基本情况（分学校）",
        );
        let first = [
            "序号",
            "学校名称",
            "举办者类型",
            "在校生数",
            "年级数",
            "班级数",
        ];
        let last = [
            "该校综合评估是否达标",
            "备注（注明有哪几项指标达标，哪几项指标达到85%）",
        ];
        sheet.line(1, first.into_iter().chain(INDICATORS).chain(last));
        let lines: Vec<String> = (1..15).map(|line| format!("L{line}")).collect();
        sheet.line(2, lines.iter().map(String::as_str));
        for (top, word) in [(3, "小学"), (7, "初中")] {
            for nth in 0..3 {
                sheet.cells.insert((top + nth, 0), count(nth + 1));
                sheet
                    .cells
                    .insert((top + nth, 1), Cell::Text(format!("{word} {}", nth + 1)));
            }
            sheet.spread(top + 3, [(1, "…")]);
        }
        sheet.line(11, [BY_SCHOOL_NOTE]);
        sheet
    }

    /// 表Ⅲ as the form has it, without a figure.
    pub fn spread_of_schools() -> Sheet {
        let mut sheet = Sheet::named("表3");
        sheet.headers = 3;
        sheet.line(0, ["表Ⅲ 县域义务教育校际均衡情况"]);
        sheet.header((1, 0), (2, 1), "");
        let heads = INDICATORS.into_iter().chain(["综合"]);
        sheet.spread(1, (2..).zip(heads));
        sheet.spread(
            2,
            (2..).zip(["L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8"]),
        );
        for (row, word) in [(3, "小学"), (5, "初中")] {
            sheet.header((row, 0), (row + 1, 0), word);
            sheet.spread(row, [(1, "全县平均值"), (9, "——")]);
            sheet.spread(row + 1, [(1, "差异系数")]);
        }
        sheet.line(7, ["注：全县平均值保留两位小数，差异系数保留三位小数。"]);
        sheet
    }
}

/// What stands where no sentence is printed.
fn conclusion(county: &County, key: &str) -> Option<String> {
    if county.about.told.silent.contains(&key) {
        return None;
    }
    let own = rows(CONCLUSIONS)
        .into_iter()
        .find(|[item, ..]| *item == key);
    own.map(|[_, words, ..]| county.signed(words))
}

const BY_SCHOOL_NOTE: &str = "注：1.小学学校总数＿＿所（其中：一贯制学校的小学部有＿＿所，50人及以上教学点有＿＿个），初中学校总数＿＿所（其中：一贯制学校的初中部＿＿所，完全中学的初中部＿＿所）。2.举办者类型处填写代码：中央教育部门代码为1、中央其他部门为2、省级教育部门为3、省级其他部门为4、地级教育部门为5、地级其他部门为6、县级教育部门为7、县级其他部门为8、地方企业为9、民办为10。3.L7-L13数值均保留两位小数。";
