//! The files of a pipeline as flat parts, and what differs between two pipelines: formatting, comments, and the file that a
//! block stands in make no difference. What a part means is not known here.

use std::collections::{BTreeMap, BTreeSet};

use toml::{Table, Value};

use crate::ingest::delimited::{decoded, each_row};
use crate::text::number;

/// The files of a pipeline by name.
pub type Files = BTreeMap<String, Vec<u8>>;

/// One value of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Part {
    /// The block's name (`indicator`, `words`), or the name of a list's file (`counties`).
    pub kind: String,
    /// What tells the block from others of its kind: its id, name, code or stage; else its number; empty for a table that
    /// there is once.
    pub id: String,
    /// Keys down to the value: `limit[primary].value`.
    pub key: String,
    pub value: String,
}

/// What differs: a value; or, with an empty key, a whole block that is there on one side only, with its title.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct PartChange {
    pub kind: String,
    pub id: String,
    pub key: String,
    pub from: Option<String>,
    pub to: Option<String>,
}

/// What tells a block from others of its kind, the most telling first.
const NAMES: &[&str] = &[
    "id", "name", "code", "column", "stage", "notice", "number", "sheet",
];
/// Keys whose values people read; no figure hangs on them.
const WORDS: &[&str] = &[
    "title", "why", "basis", "message", "remedy", "note", "text", "line", "digits", "resource",
    "unit", "example", "holds", "fires", "printed",
];
/// Blocks that hold nothing but such.
const WORD_KINDS: &[&str] = &[
    "words",
    "notice",
    "page",
    "template",
    "no_template",
    "summary",
    "sample",
    "pipeline",
];

/// What of a notice is no word.
const DECIDES: &[&str] = &["holds_verdicts", "severity", "level"];

/// Blocks that say how submissions are read; what is a word elsewhere is looked for there.
const READING_KINDS: &[&str] = &[
    "form",
    "table",
    "side_sheet",
    "unit",
    "unit_word",
    "token",
    "yes_no",
    "limits",
    "code_list",
    "answer_scale",
    "stage",
];
/// Settings that say how submissions are read.
const READING_SETTINGS: &[&str] = &[
    "county_pattern_digits",
    "revision_words",
    "header_prefixes",
    "unit_prefixes",
    "several_stages",
];

/// What of `[survey]` questionnaires are counted by.
const READING_SURVEY: &[&str] = &[
    "groups",
    "precedence",
    "satisfied",
    "satisfied_share",
    "rate",
    "answered_share",
    "blanks",
    "duration_units",
];

impl PartChange {
    /// Whether it is only about what people read, so that no figure can hang on it.
    pub fn is_of_words(&self) -> bool {
        let kind = self.kind.as_str();
        let words = if READING_KINDS.contains(&kind) {
            &["title", "why", "basis"][..]
        } else {
            WORDS
        };
        // Whether a notice holds verdicts, and what it weighs, are no words.
        if kind == "notice" && DECIDES.contains(&self.key.as_str()) {
            return false;
        }
        let mut steps = self.key.split(['.', '[']);
        WORD_KINDS.contains(&kind) || steps.any(|step| words.contains(&step))
    }

    /// Whether it is about how submissions are read.
    pub fn is_of_reading(&self) -> bool {
        let of_reading = match self.kind.as_str() {
            "settings" => READING_SETTINGS.contains(&self.key.as_str()),
            "survey" => {
                let first = self.key.split(['.', '[', '#']).next();
                first.is_some_and(|key| READING_SURVEY.contains(&key))
            }
            kind => READING_KINDS.contains(&kind),
        };
        of_reading && !self.is_of_words()
    }

    /// Whether its key names one of these in brackets: `limit[primary].value` and `numerator.primary` name `primary`.
    pub fn names(&self, word: &str) -> bool {
        let mut steps = self.key.split(['.', '[', ']', '#']);
        steps.any(|step| step == word)
    }
}

/// What differs between two pipelines, by kind, id and key. A file that cannot be read has no parts.
pub fn differences(before: &Files, after: &Files) -> Vec<PartChange> {
    // A block can only have come from, or gone to, another file that differs too.
    let differs = |name: &&String| before.get(*name) != after.get(*name);
    let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
    let names: Vec<&String> = names.into_iter().filter(differs).collect();
    let of = |files: &Files| {
        let own = names.iter().filter_map(|n| Some((*n, files.get(*n)?)));
        let mut all: Vec<Part> = own.flat_map(|(name, bytes)| parts(name, bytes)).collect();
        number_twins(&mut all);
        all
    };
    compare(&of(before), &of(after))
}

/// Parts of one kind, id and key that stand twice get numbers in their order.
fn number_twins(parts: &mut [Part]) {
    parts.sort_by(|a, b| (&a.kind, &a.id, &a.key).cmp(&(&b.kind, &b.id, &b.key)));
    let same = |a: &Part, b: &Part| (&a.kind, &a.id, &a.key) == (&b.kind, &b.id, &b.key);
    for twins in parts.chunk_by_mut(same) {
        for (n, twin) in twins.iter_mut().enumerate().skip(1) {
            twin.key = format!("{}#{}", twin.key, n + 1);
        }
    }
    parts.sort();
}

type Key<'a> = (&'a str, &'a str, &'a str);

fn compare(before: &[Part], after: &[Part]) -> Vec<PartChange> {
    let map = |parts: &'_ [Part]| -> BTreeMap<(String, String), BTreeMap<String, String>> {
        let mut out: BTreeMap<(String, String), BTreeMap<String, String>> = BTreeMap::new();
        for p in parts {
            let block = out.entry((p.kind.clone(), p.id.clone())).or_default();
            block.insert(p.key.clone(), p.value.clone());
        }
        out
    };
    let (before, after) = (map(before), map(after));
    let change =
        |(kind, id, key): Key<'_>, from: Option<&String>, to: Option<&String>| PartChange {
            kind: kind.to_string(),
            id: id.to_string(),
            key: key.to_string(),
            from: from.cloned(),
            to: to.cloned(),
        };
    let mut out = Vec::new();
    let blocks: BTreeSet<&(String, String)> = before.keys().chain(after.keys()).collect();
    for block in blocks {
        let (kind, id) = (block.0.as_str(), block.1.as_str());
        let (from, to) = match (before.get(block), after.get(block)) {
            (Some(from), Some(to)) => (from, to),
            (from, to) => {
                let title = |keys: Option<&BTreeMap<String, String>>| {
                    keys.map(|keys| keys.get("title").map_or(id, |t| t).to_string())
                };
                let (from, to) = (title(from), title(to));
                out.push(change((kind, id, ""), from.as_ref(), to.as_ref()));
                continue;
            }
        };
        let keys: BTreeSet<&String> = from.keys().chain(to.keys()).collect();
        for key in keys {
            let (old, new) = (from.get(key), to.get(key));
            if old != new {
                out.push(change((kind, id, key), old, new));
            }
        }
    }
    out
}

/// The parts of a file, by its ending: TOML, or a list with a header line.
pub fn parts(name: &str, bytes: &[u8]) -> Vec<Part> {
    let Some(text) = decoded(bytes) else {
        return Vec::new();
    };
    let stem = name.rsplit('/').next().unwrap_or(name);
    match stem.rsplit_once('.') {
        Some((stem, "csv")) => of_list(stem, &text),
        Some((_, "toml")) => of_blocks(&text),
        _ => Vec::new(),
    }
}

/// The rows of a list, known by their first field.
fn of_list(kind: &str, text: &str) -> Vec<Part> {
    let mut head: Vec<String> = Vec::new();
    let mut out = Vec::new();
    let _ = each_row(text, |_, fields| {
        let fields: Vec<String> = fields.map(|f| f.trim().to_string()).collect();
        if head.is_empty() {
            head = fields;
            return;
        }
        let id = fields.first().cloned().unwrap_or_default();
        for (key, value) in head.iter().zip(fields).skip(1) {
            out.push(Part {
                kind: kind.to_string(),
                id: id.clone(),
                key: key.clone(),
                value,
            });
        }
    });
    out
}

fn of_blocks(text: &str) -> Vec<Part> {
    let Ok(table) = text.parse::<Table>() else {
        return Vec::new();
    };
    let mut out = Vec::new();
    for (kind, value) in &table {
        match value {
            Value::Array(blocks) => {
                for (id, block) in named(blocks) {
                    flatten(kind, &id, "", block, &mut out);
                }
            }
            other => flatten(kind, "", "", other, &mut out),
        }
    }
    out
}

/// The items of an array, each with what tells it from the others.
fn named(items: &[Value]) -> Vec<(String, &Value)> {
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut out = Vec::new();
    for (n, item) in items.iter().enumerate() {
        let own = NAMES.iter().find_map(|key| match item.get(*key)? {
            Value::String(text) => Some(text.clone()),
            Value::Integer(number) => Some(number.to_string()),
            _ => None,
        });
        let name = own.unwrap_or_else(|| (n + 1).to_string());
        let count = seen.entry(name.clone()).or_insert(0);
        *count += 1;
        match *count {
            1 => out.push((name, item)),
            twin => out.push((format!("{name}#{twin}"), item)),
        }
    }
    out
}

fn flatten(kind: &str, id: &str, key: &str, value: &Value, out: &mut Vec<Part>) {
    match value {
        Value::Table(table) => {
            for (own, value) in table {
                let key = match key {
                    "" => own.clone(),
                    key => format!("{key}.{own}"),
                };
                flatten(kind, id, &key, value, out);
            }
        }
        Value::Array(items) if items.iter().any(Value::is_table) => {
            for (name, item) in named(items) {
                flatten(kind, id, &format!("{key}[{name}]"), item, out);
            }
        }
        other => out.push(Part {
            kind: kind.to_string(),
            id: id.to_string(),
            key: key.to_string(),
            value: shown(other),
        }),
    }
}

/// A value as text: 1 and 1.0 are the same.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) => text.trim().to_string(),
        Value::Integer(whole) => whole.to_string(),
        Value::Float(float) => number(*float),
        Value::Boolean(yes) => yes.to_string(),
        Value::Datetime(time) => time.to_string(),
        Value::Array(items) => {
            let items: Vec<String> = items.iter().map(shown).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Table(_) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(list: &[(&str, &str)]) -> Files {
        let own = list.iter();
        own.map(|(name, text)| ((*name).to_string(), text.as_bytes().to_vec()))
            .collect()
    }

    fn lines(before: &[(&str, &str)], after: &[(&str, &str)]) -> Vec<String> {
        let list = differences(&files(before), &files(after));
        list.iter()
            .map(|c| {
                let side = |x: &Option<String>| x.clone().unwrap_or_else(|| "-".to_string());
                let (from, to) = (side(&c.from), side(&c.to));
                format!("{} {} {}: {from} -> {to}", c.kind, c.id, c.key)
            })
            .collect()
    }

    const BEFORE: &str = "[[indicator]]\nid = 'a'\ntitle = 'A'\nlimit = [{ stage = 'primary', value = 1 }, \
        { stage = 'junior', value = 2 }]\n[[indicator]]\nid = 'b'\n[settings]\nwords = ['x', 'y']\n";

    #[test]
    fn a_value_that_differs_is_named_by_block_and_key() {
        let after = BEFORE.replace("value = 2", "value = 2.5");
        let found = lines(&[("p/a.toml", BEFORE)], &[("p/a.toml", &after)]);
        assert_eq!(found, ["indicator a limit[junior].value: 2 -> 2.5"]);
        let list = differences(&files(&[("a.toml", BEFORE)]), &files(&[("a.toml", &after)]));
        assert!(list[0].names("junior") && !list[0].names("primary"));
        assert!(!list[0].is_of_words());
    }

    #[test]
    fn formatting_comments_order_and_files_are_no_difference() {
        let same = "# moved\n[settings]\nwords = [\n  'x',\n  'y',\n]\n[[indicator]]\nid = 'b'\n";
        let rest = "[[indicator]]\ntitle = 'A'\nid = 'a'\n[[indicator.limit]]\nstage = 'primary'\nvalue = 1.0\n\
            [[indicator.limit]]\nstage = 'junior'\nvalue = 2\n";
        let before = [("a.toml", BEFORE)];
        assert_eq!(
            lines(&before, &[("a.toml", same), ("b.toml", rest)]),
            [""; 0]
        );
        assert_eq!(lines(&before, &before), [""; 0]);
    }

    #[test]
    fn whole_blocks_lists_and_words() {
        let after = "[[indicator]]\nid = 'a'\ntitle = 'B'\nlimit = [{ stage = 'primary', value = 1 }, \
            { stage = 'junior', value = 2 }, { stage = 'junior', value = 3 }]\n[[outlier]]\nid = 'o'\ntitle = 'O'\n\
            [settings]\nwords = ['x']\n";
        let found = lines(
            &[("a.toml", BEFORE), ("c.csv", "code,name\n1,A\n2,B\n")],
            &[("a.toml", after), ("c.csv", "code,name\n1,A\n2,C\n3,D\n")],
        );
        assert_eq!(
            found,
            [
                "c 2 name: B -> C",
                "c 3 : - -> 3",
                "indicator a limit[junior#2].stage: - -> junior",
                "indicator a limit[junior#2].value: - -> 3",
                "indicator a title: A -> B",
                "indicator b : b -> -",
                "outlier o : - -> O",
                "settings  words: [x, y] -> [x]",
            ]
        );
        let list = differences(&files(&[("a.toml", BEFORE)]), &files(&[("a.toml", after)]));
        let words = list.iter().filter(|c| c.is_of_words()).count();
        assert_eq!(words, 1);
    }

    #[test]
    fn what_holds_verdicts_is_no_word() {
        let before =
            "[[notice]]\nid = 'n'\nholds_verdicts = true\nseverity = 'error'\nmessage = 'a'\n";
        let after =
            "[[notice]]\nid = 'n'\nholds_verdicts = false\nseverity = 'query'\nmessage = 'b'\n";
        let list = differences(&files(&[("a.toml", before)]), &files(&[("a.toml", after)]));
        let words: Vec<&str> = list
            .iter()
            .filter(|c| c.is_of_words())
            .map(|c| c.key.as_str())
            .collect();
        assert_eq!((list.len(), words), (3, vec!["message"]));
    }

    #[test]
    fn what_cannot_be_read_has_no_parts() {
        assert_eq!(parts("a.toml", b"[["), []);
        assert_eq!(parts("a.toml", &[0x80, 0xFF, 0xFF, 0x20]), []);
        assert_eq!(parts("a.txt", b"a = 1"), []);
    }
}
