//! The 县级政府工作自评表: 17 items of government work of basic-2012, as a county scores itself.

use crate::Outcome;
use crate::counties::County;
use crate::forms::rows;
use crate::sheets::{Cell, Sheet, text};
use crate::target::Target;

/// What it is about, key, item, points, and the document; `{county}` is the county's name, `{sign}` the sign of its documents.
const ITEMS: &str = "
入学机会 | w01 | 将进城务工人员随迁子女就学纳入当地教育发展规划，纳入财政保障体系 | 5 | 《{county}进城务工人员随迁子女入学实施办法》（{sign}政办发〔2021〕18号）
入学机会 | w02 | 建立以政府为主导、社会各方面广泛参与的留守儿童关爱体系 | 5 | 《{county}农村留守儿童关爱保护工作方案》（{sign}民〔2022〕15号）
入学机会 | w03 | 三类残疾儿童少年入学率不低于80% | 5 | 残疾儿童少年入学台账
入学机会 | w04 | 优质普通高中招生名额分配到县域内各初中的比例逐步提高 | 5 | 《{county}普通高中招生工作方案》（2022—2024年）
保障机制 | w05 | 建立义务教育均衡发展责任、监督和问责机制 | 6 | 《{county}义务教育均衡发展目标责任书》
保障机制 | w06 | 义务教育经费在财政预算中单列，近三年教育经费做到“三个增长” | 7 | 2021—2023年财政决算报告
保障机制 | w07 | 推进学校标准化建设，制定并有效实施薄弱学校改造计划，财政性教育经费向薄弱学校倾斜 | 6 | 《{county}义务教育薄弱环节改善与能力提升规划》
保障机制 | w08 | 农村税费改革转移支付资金用于义务教育的比例达到省级规定要求 | 6 | 转移支付资金下达文件
教师队伍 | w09 | 全面实施义务教育绩效工资制度 | 6 | 《{county}义务教育学校绩效工资实施办法》（{sign}人社〔2020〕27号）
教师队伍 | w10 | 义务教育学校学科教师配备合理，生师比达到省定编制标准 | 7 | 教职工编制核定文件；学科教师配备表
教师队伍 | w11 | 建立并有效实施县域内义务教育学校校长和教师定期交流制度 | 6 | 《{county}校长教师交流轮岗实施办法》（{sign}教〔2021〕30号）
教师队伍 | w12 | 落实教师培训经费，加强教师培训 | 6 | 教师培训经费预算和决算
质量与管理 | w13 | 按照国家规定的义务教育课程方案开齐开足课程 | 6 | 课程开设检查通报
质量与管理 | w14 | 小学、初中巩固率达到省级规定标准 | 6 | 学籍管理系统导出表
质量与管理 | w15 | 小学、初中学生体质健康及格率达到省级规定标准 | 6 | 体质健康测试上报数据
质量与管理 | w16 | 义务教育阶段不存在重点学校和重点班，公办义务教育择校现象得到基本遏制 | 6 | 《{county}义务教育招生入学工作意见》；均衡编班记录
质量与管理 | w17 | 中小学生过重的课业负担得到有效减轻 | 6 | “双减”工作台账
";

impl Sheet {
    /// The points that the county gives itself; nothing where it sends no such form.
    pub fn government_work(county: &County) -> Outcome<Option<Sheet>> {
        let Some(lost) = county.about.told.lost else {
            return Ok(None);
        };
        let mut sheet = Sheet::named("政府工作自评");
        sheet.widths = &[12, 60, 8, 10, 60];
        sheet.headers = 2;
        let title = format!("{}推进义务教育均衡发展政府工作自评表", county.about.name);
        sheet.header((0, 0), (0, 4), &title);
        sheet.line(1, ["方面", "评估指标", "分值", "自评得分", "自评依据"]);
        sheet.columns.insert("score".to_owned(), 3);
        for ((row, number), [part, key, item, points, document]) in (2..).zip(1..).zip(rows(ITEMS))
        {
            let points: f64 = points.parse()?;
            let own = lost.iter().find(|(item, _)| *item == key);
            let score = points - own.map_or(0.0, |(_, lost)| *lost);
            sheet.rows.insert(key.to_owned(), row);
            let words = [part.to_owned(), format!("{number}.{item}")].map(Cell::Text);
            let cells = words
                .into_iter()
                .chain([Cell::Number(points), Cell::Number(score)]);
            let cells = cells.chain([Cell::Text(county.signed(document))]);
            sheet
                .cells
                .extend((0..).zip(cells).map(|(column, cell)| ((row, column), cell)));
        }
        sheet.line(19, ["合计"]);
        sheet
            .cells
            .insert((19, 3), Cell::Number(county.points().unwrap_or_default()));
        sheet.cells.insert((20, 0), text("注：各项分值为示例。"));
        Ok(Some(sheet))
    }
}

impl County {
    /// Points of 100 that it gives itself.
    pub fn points(&self) -> Option<f64> {
        let lost = self.about.told.lost?;
        Some(100.0 - lost.iter().map(|(_, lost)| lost).sum::<f64>())
    }
}

impl Target {
    /// A 县级政府工作自评表, with a script's mistakes, which only basic-2012 finds.
    pub fn write_government_work(&mut self, county: &County, script: &'static str) -> Outcome<()> {
        let Some(sheet) = Sheet::government_work(county)? else {
            return Ok(());
        };
        let file = county.file("县级政府工作自评表.xlsx");
        self.write_planted(county, &file, vec![sheet], script)
    }
}
