//! A text that is known by its number counts as the same text looked at.

use std::path::Path;

use super::*;
use crate::ingest::grid::Cell;

/// Headers with what their column may hold; what is white space, a mark for nothing or unreadable among it.
const COLUMNS: [(&str, &[&str]); 14] = [
    ("序号", &["1", "2", "3", "4", "5", "6", "7", "无"]),
    (
        "提交答卷时间",
        &["2024/11/05 07:42:28", "2024/11/05 07:42:30", "昨天", ""],
    ),
    ("所用时间", &["36秒", "2分5秒", "很久", "", " "]),
    ("来源", &["微信", "手机提交", " "]),
    ("来自IP", &["1.2.3.4(某省-某市)", "1.2.3.5", ""]),
    ("1、您所在的县（市、区）", &["甲县", "乙县", " 甲县", ""]),
    (
        "2、您的身份",
        &["学生家长", "学生", "教师┋学生家长", "路人", "", " "],
    ),
    (
        "3、孩子就读或您任职的学校",
        &["一小", "二小", "无", "", "\u{3000}"],
    ),
    ("4、学校规划布局与就近入学", ANSWERS),
    ("5、师资均衡配置", ANSWERS),
    ("6、规范办学行为", ANSWERS),
    ("7、素质教育与减负", ANSWERS),
    ("8、教育质量", ANSWERS),
    ("9、对本县义务教育的总体评价", ANSWERS),
];

const ANSWERS: &[&str] = &[
    "非常满意",
    "非常满意",
    "满意",
    "满意",
    "基本满意",
    "不满意",
    "不了解",
    "",
    " ",
    "也许",
    "A.满意",
];

#[test]
fn numbers_of_texts_change_nothing() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("pipelines/quality-2017");
    let pipeline = crate::pipeline::load(&root).unwrap();
    let headers: Vec<(u32, u32, Cell)> = (0u32..)
        .zip(COLUMNS)
        .map(|(col, (head, _))| (0, col, Cell::Text(head.to_string())))
        .collect();
    let head = Grid::new("s".to_string(), false, headers);
    let mut state = 7u64;
    let mut below = |end: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state >> 11) as usize % end
    };
    let mut valid = 0;
    for _ in 0..60 {
        let mut looked_at = open(&pipeline, &head).unwrap();
        let mut known = open(&pipeline, &head).unwrap();
        let mut numbers: BTreeMap<&str, u32> = BTreeMap::new();
        for row in 1..200 {
            for (col, (_, texts)) in (0u32..).zip(COLUMNS) {
                // A cell that is not there, and one that has no number.
                let kind = below(20);
                if kind == 0 {
                    continue;
                }
                let text = texts[below(texts.len())];
                looked_at.cell(row, col, Seen::Text(text));
                if kind == 1 {
                    known.cell(row, col, Seen::Text(text));
                    continue;
                }
                let next = u32::try_from(numbers.len()).unwrap();
                let number = *numbers.entry(text).or_insert(next);
                known.text(row, col, number, text);
            }
        }
        let (looked_at, known) = (looked_at.finish(), known.finish());
        valid += looked_at.counties.iter().map(Answers::valid).sum::<u64>();
        assert_eq!(
            serde_json::to_string(&looked_at).unwrap(),
            serde_json::to_string(&known).unwrap()
        );
    }
    assert!(valid > 1_000, "{valid}");
}
