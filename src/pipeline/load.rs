//! Reads a pipeline's files and decodes every block, collecting every mistake instead of stopping at the first.
//! What the blocks mean together is not checked here (`valid.rs`).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::path::{Component, Path, PathBuf};

use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::diagnostic::{Mistakes, Sources, nearest};
use super::parents::{self, ParentList};
use super::raw::*;

/// A decoded block with its file and byte range.
#[derive(Debug, Clone)]
pub struct Block<T> {
    pub file: usize,
    pub span: Range<usize>,
    pub value: T,
}

/// One file of a pipeline.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PipelineFile {
    /// As declared: relative to the folder of `pipeline.toml`.
    pub name: String,
    pub bytes: Vec<u8>,
}

/// Everything that the files of one pipeline say, undigested.
#[derive(Debug, Default)]
pub struct Raw {
    pub head: Option<Block<RawHead>>,
    /// The list of schools that are counted with another one.
    pub parents: Option<ParentList>,
    pub settings: Option<Block<RawSettings>>,
    pub limits: Option<Block<RawLimits>>,
    pub school_rule: Option<Block<RawSchoolRule>>,
    pub words: BTreeMap<String, (usize, Range<usize>, String)>,
    pub units: Vec<Block<RawUnit>>,
    pub unit_words: Vec<Block<RawUnitWord>>,
    pub tokens: Vec<Block<RawToken>>,
    pub yes_no: Vec<Block<RawYesNo>>,
    pub tables: Vec<Block<RawTable>>,
    pub forms: Vec<Block<RawForm>>,
    pub side_sheets: Vec<Block<RawSideSheet>>,
    pub templates: Vec<Block<RawTemplate>>,
    pub no_templates: Vec<Block<RawNoTemplate>>,
    pub stages: Vec<Block<RawStage>>,
    pub school_types: Vec<Block<RawSchoolType>>,
    pub code_lists: Vec<Block<RawCodeList>>,
    pub unit_columns: Vec<Block<RawUnitColumn>>,
    pub indicators: Vec<Block<RawIndicator>>,
    pub balance_limits: Vec<Block<RawBalanceLimit>>,
    pub musts: Vec<Block<RawMust>>,
    pub uniques: Vec<Block<RawUnique>>,
    pub totals: Vec<Block<RawTotal>>,
    /// Rules of the other kinds, by the name of their block.
    pub rules: BTreeMap<&'static str, Vec<Block<RawRule>>>,
    pub notices: Vec<Block<RawNotice>>,
    pub rankings: Vec<Block<RawRanking>>,
    pub parameters: Vec<Block<RawParameter>>,
    pub county_columns: Vec<Block<RawCountyColumn>>,
    pub parts: Vec<Block<RawPart>>,
    pub criteria: Vec<Block<RawCriterion>>,
    pub pages: Vec<Block<RawPage>>,
    pub survey: Option<Block<RawSurvey>>,
    pub summary: Option<Block<RawSummary>>,
    pub sample: Option<Block<RawSample>>,
    pub retention: Option<Block<RawRetention>>,
    pub answer_scales: Vec<Block<RawAnswerScale>>,
    pub screens: Vec<Block<RawScreen>>,
    /// Every file of the pipeline as read, in their order.
    pub files: Vec<PipelineFile>,
    /// Blocks that could not be decoded, by name (`*`: a whole file): what refers to them is not reported as missing.
    pub undecoded: BTreeSet<String>,
}

impl Raw {
    fn keep(&mut self, name: &str, bytes: &[u8]) {
        self.files.push(PipelineFile {
            name: name.to_string(),
            bytes: bytes.to_vec(),
        });
    }
}

/// The names of all blocks, for "did you mean" and for the documentation test.
pub const BLOCKS: &[&str] = &[
    "pipeline",
    "settings",
    "limits",
    "school_rule",
    "words",
    "unit",
    "unit_word",
    "token",
    "yes_no",
    "table",
    "form",
    "side_sheet",
    "template",
    "no_template",
    "stage",
    "school_type",
    "code_list",
    "unit_column",
    "indicator",
    "balance_limit",
    "must",
    "unique",
    "total",
    "required",
    "range",
    "subset",
    "balance",
    "cross",
    "change",
    "unit_error",
    "outlier",
    "copied",
    "bunching",
    "empty_shell",
    "missing_pattern",
    "digit",
    "notice",
    "ranking",
    "parameter",
    "county_column",
    "part",
    "criterion",
    "page",
    "survey",
    "answer_scale",
    "screen",
    "summary",
    "sample",
    "retention",
];

/// The kinds of rules that share one shape.
pub const RULE_KINDS: &[&str] = &[
    "required",
    "range",
    "subset",
    "balance",
    "cross",
    "change",
    "unit_error",
    "outlier",
    "copied",
    "bunching",
    "empty_shell",
    "missing_pattern",
    "digit",
];

/// Why a pipeline could not even be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder or its `pipeline.toml` is not there or not readable.
    #[error("no pipeline at {path}: {reason}")]
    Missing { path: String, reason: String },
}

/// Reads `DIR/pipeline.toml` and the files that it names.
pub fn read(
    dir: &Path,
    sources: &mut Sources,
    mistakes: &mut Mistakes,
) -> Result<(Raw, String), OpenError> {
    let head_path = dir.join("pipeline.toml");
    let text = std::fs::read_to_string(&head_path).map_err(|e| OpenError::Missing {
        path: shown(&head_path),
        reason: e.to_string(),
    })?;
    let mut hash = Sha256::new();
    let mut raw = Raw::default();
    let head = sources.add(shown(&head_path), text.clone());
    feed(&mut hash, "pipeline.toml", text.as_bytes());
    raw.keep("pipeline.toml", text.as_bytes());
    decode(sources, head, &mut raw, mistakes);

    let listed: Vec<(String, Range<usize>)> = raw
        .head
        .as_ref()
        .map(|h| {
            h.value
                .files
                .iter()
                .map(|f| (f.get_ref().clone(), f.span()))
                .collect()
        })
        .unwrap_or_default();
    for (name, span) in listed {
        let path = plain(&dir.join(&name));
        match std::fs::read_to_string(&path) {
            Ok(text) => {
                feed(&mut hash, &name, text.as_bytes());
                raw.keep(&name, text.as_bytes());
                let file = sources.add(shown(&path), text);
                decode(sources, file, &mut raw, mistakes);
            }
            Err(e) => {
                raw.undecoded.insert("*".to_string());
                mistakes.push(
                    head,
                    span,
                    format!("file '{name}' cannot be read: {e}"),
                    Some(
                        "paths in `files` are relative to the folder of pipeline.toml".to_string(),
                    ),
                );
            }
        }
    }
    let list = raw.head.as_ref().and_then(|h| h.value.parents.clone());
    if let Some(name) = list {
        let path = plain(&dir.join(name.get_ref()));
        match std::fs::read(&path) {
            Ok(bytes) => {
                feed(&mut hash, name.get_ref(), &bytes);
                raw.keep(name.get_ref(), &bytes);
                raw.parents = parents::list(&bytes, shown(&path), sources, mistakes);
            }
            Err(e) => {
                let message = format!("file '{}' cannot be read: {e}", name.get_ref());
                mistakes.push(head, name.span(), message, None);
            }
        }
    }
    Ok((raw, hex(&hash.finalize())))
}

fn feed(hash: &mut Sha256, name: &str, bytes: &[u8]) {
    hash.update(name.as_bytes());
    hash.update([0]);
    hash.update((bytes.len() as u64).to_le_bytes());
    hash.update(bytes);
}

/// Lower-case hexadecimal.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// A path without `a/../`.
pub fn plain(path: &Path) -> PathBuf {
    let mut out = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir if out.file_name().is_some() => {
                out.pop();
            }
            Component::CurDir => {}
            other => out.push(other),
        }
    }
    out
}

fn shown(path: &Path) -> String {
    path.to_string_lossy().replace('\\', "/")
}

fn decode(sources: &Sources, file: usize, raw: &mut Raw, mistakes: &mut Mistakes) {
    let text = sources.text(file).to_string();
    let (table, errors) = DeTable::parse_recoverable(&text);
    for error in &errors {
        raw.undecoded.insert("*".to_string());
        let at = error.span().unwrap_or(0..0);
        mistakes.push(file, at, format!("not TOML: {}", error.message()), None);
    }
    if !errors.is_empty() {
        return;
    }
    for (key, value) in table.into_inner() {
        let at = key.span();
        let name = key.get_ref().to_string();
        let mut dec = Decoder {
            file,
            key: at.clone(),
            name: &name,
            mistakes,
            undecoded: &mut raw.undecoded,
        };
        match name.as_str() {
            "pipeline" => raw.head = dec.one(value).or(raw.head.take()),
            "settings" => raw.settings = dec.one(value).or(raw.settings.take()),
            "limits" => raw.limits = dec.one(value).or(raw.limits.take()),
            "school_rule" => raw.school_rule = dec.one(value).or(raw.school_rule.take()),
            "words" => dec.words(value, &mut raw.words),
            "unit" => raw.units.extend(dec.many(value)),
            "unit_word" => raw.unit_words.extend(dec.many(value)),
            "token" => raw.tokens.extend(dec.many(value)),
            "yes_no" => raw.yes_no.extend(dec.many(value)),
            "table" => raw.tables.extend(dec.many(value)),
            "form" => raw.forms.extend(dec.many(value)),
            "side_sheet" => raw.side_sheets.extend(dec.many(value)),
            "template" => raw.templates.extend(dec.many(value)),
            "no_template" => raw.no_templates.extend(dec.many(value)),
            "stage" => raw.stages.extend(dec.many(value)),
            "school_type" => raw.school_types.extend(dec.many(value)),
            "code_list" => raw.code_lists.extend(dec.many(value)),
            "unit_column" => raw.unit_columns.extend(dec.many(value)),
            "indicator" => raw.indicators.extend(dec.many(value)),
            "balance_limit" => raw.balance_limits.extend(dec.many(value)),
            "must" => raw.musts.extend(dec.many(value)),
            "unique" => raw.uniques.extend(dec.many(value)),
            "total" => raw.totals.extend(dec.many(value)),
            "notice" => raw.notices.extend(dec.many(value)),
            "ranking" => raw.rankings.extend(dec.many(value)),
            "parameter" => raw.parameters.extend(dec.many(value)),
            "county_column" => raw.county_columns.extend(dec.many(value)),
            "part" => raw.parts.extend(dec.many(value)),
            "criterion" => raw.criteria.extend(dec.many(value)),
            "page" => raw.pages.extend(dec.many(value)),
            "survey" => raw.survey = dec.one(value).or(raw.survey.take()),
            "summary" => raw.summary = dec.one(value).or(raw.summary.take()),
            "sample" => raw.sample = dec.one(value).or(raw.sample.take()),
            "retention" => raw.retention = dec.one(value).or(raw.retention.take()),
            "answer_scale" => raw.answer_scales.extend(dec.many(value)),
            "screen" => raw.screens.extend(dec.many(value)),
            other if let Some(kind) = RULE_KINDS.iter().find(|k| **k == other) => {
                raw.rules.entry(kind).or_default().extend(dec.many(value));
            }
            _ => {
                let known = BLOCKS.iter().copied();
                mistakes.push(
                    file,
                    at,
                    format!("unknown block '{name}'"),
                    Some(match nearest(&name, known) {
                        Some(near) => format!("did you mean '{near}'?"),
                        None => format!("the blocks are: {}", BLOCKS.join(", ")),
                    }),
                );
            }
        }
    }
}

struct Decoder<'a> {
    file: usize,
    key: Range<usize>,
    name: &'a str,
    mistakes: &'a mut Mistakes,
    undecoded: &'a mut BTreeSet<String>,
}

impl Decoder<'_> {
    fn one<T: DeserializeOwned>(&mut self, value: Spanned<DeValue<'_>>) -> Option<Block<T>> {
        let span = value.span();
        match value.into_inner() {
            DeValue::Table(table) => self.block(table, span),
            other => {
                self.shape(span, other.type_str(), &format!("[{}]", self.name));
                None
            }
        }
    }

    fn many<T: DeserializeOwned>(&mut self, value: Spanned<DeValue<'_>>) -> Vec<Block<T>> {
        let span = value.span();
        match value.into_inner() {
            DeValue::Array(items) => items
                .into_iter()
                .filter_map(|item| self.one(item))
                .collect(),
            other => {
                self.shape(span, other.type_str(), &format!("[[{}]]", self.name));
                Vec::new()
            }
        }
    }

    fn words(
        &mut self,
        value: Spanned<DeValue<'_>>,
        out: &mut BTreeMap<String, (usize, Range<usize>, String)>,
    ) {
        let span = value.span();
        let DeValue::Table(table) = value.into_inner() else {
            self.shape(span, "value", "[words]");
            return;
        };
        for (key, value) in table {
            let at = key.span();
            match value.get_ref().as_str() {
                Some(text) => {
                    out.insert(key.get_ref().to_string(), (self.file, at, text.to_string()));
                }
                None => self.shape(value.span(), value.get_ref().type_str(), "a text"),
            }
        }
    }

    fn shape(&mut self, span: Range<usize>, found: &str, wanted: &str) {
        self.undecoded.insert(self.name.to_string());
        self.mistakes.push(
            self.file,
            span,
            format!("'{}' is a {found} here", self.name),
            Some(format!("write it as {wanted}")),
        );
    }

    /// Decodes one block. A wrong key or value is noted, taken out, and the rest is tried again, so that one call finds
    /// every mistake of the block.
    fn block<T: DeserializeOwned>(
        &mut self,
        mut table: DeTable<'_>,
        span: Range<usize>,
    ) -> Option<Block<T>> {
        let shown = if span.is_empty() {
            self.key.clone()
        } else {
            span.clone()
        };
        let mut removed: Vec<String> = Vec::new();
        loop {
            let again = Spanned::new(span.clone(), table.clone());
            let error = match T::deserialize(toml::de::Deserializer::from(again)) {
                Ok(value) if removed.is_empty() => {
                    return Some(Block {
                        file: self.file,
                        span: shown,
                        value,
                    });
                }
                Ok(_) => return None,
                Err(error) => error,
            };
            self.undecoded.insert(self.name.to_string());
            let at = error.span().unwrap_or(shown.clone());
            let message = error.message().to_string();
            // A field that is missing only because its name was written wrongly is said already.
            let field = message.split('`').nth(1).unwrap_or("");
            let ours = nearest(field, removed.iter().map(String::as_str)).is_some();
            if message.starts_with("missing field") {
                if !ours {
                    self.mistakes.push(
                        self.file,
                        if at.is_empty() { shown.clone() } else { at },
                        format!("in '{}': {message}", self.name),
                        None,
                    );
                }
                return None;
            }
            self.mistakes.push(
                self.file,
                at.clone(),
                format!("in '{}': {message}", self.name),
                suggestion(&message),
            );
            match take_out(&mut table, &at) {
                Some(key) => removed.push(key),
                None => return None,
            }
        }
    }
}

/// For serde's "unknown field `x`, expected one of `a`, `b`": the nearest of them.
fn suggestion(message: &str) -> Option<String> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let wrong = quoted.next()?;
    if !message.starts_with("unknown field") {
        return None;
    }
    nearest(wrong, quoted).map(|near| format!("did you mean '{near}'?"))
}

/// Removes the innermost key whose key or value covers the place; gives its name.
fn take_out(table: &mut DeTable<'_>, at: &Range<usize>) -> Option<String> {
    let covers = |span: Range<usize>| span.start <= at.start && at.end <= span.end;
    let hit = table.iter().find_map(|(key, value)| {
        (key.span() == *at || covers(key.span()) || covers(value.span())).then(|| {
            (
                key.get_ref().to_string(),
                key.span() == *at || covers(key.span()),
            )
        })
    });
    let (name, is_key) = hit?;
    if !is_key && let Some(value) = table.get_mut(name.as_str()) {
        match value.get_mut() {
            DeValue::Table(inner) => {
                if let Some(inner_name) = take_out(inner, at) {
                    return Some(inner_name);
                }
            }
            DeValue::Array(items) => {
                for item in items.iter_mut() {
                    if covers(item.span())
                        && let DeValue::Table(inner) = item.get_mut()
                        && let Some(inner_name) = take_out(inner, at)
                    {
                        return Some(inner_name);
                    }
                }
            }
            _ => {}
        }
    }
    table.remove(name.as_str());
    Some(name)
}
