//! Which county a file or a record belongs to: its folder, else what it states, else its file's name. What is stated otherwise is
//! said.

use std::collections::{BTreeMap, BTreeSet};

use super::assemble::{Assembly, Given, about};
use super::{COUNTY_CODE_STATED, COUNTY_NAME_STATED};
use crate::finding::{Draft, cell_list};
use crate::ingest::cell::text_of;
use crate::ingest::submission::{CountyName, county_name};
use crate::ingest::{FileRead, Record, SheetTable, code_of_area};
use crate::text::normal;

/// Codes that records state against their folder, with their cells.
pub(super) type Differing = BTreeMap<String, Vec<(u32, u32)>>;

/// The county of every file by its folder, by the code or by the county's name at the head of its own name.
pub(super) fn owners(given: &Given<'_>, files: &[FileRead]) -> Vec<Option<CountyName>> {
    // Counties on the list, and those that lists of counties name with their codes.
    let mut known: BTreeMap<String, String> = given
        .counties
        .iter()
        .map(|c| (c.code.clone(), c.name.clone()))
        .collect();
    for table in files.iter().flat_map(|f| &f.tables) {
        let columns = &given.pipeline.tables[table.table];
        for record in &table.records {
            let text = |name: &str| text_of(columns, &record.values, name);
            if let (Some(code), Some(name)) = (text(COUNTY_CODE_STATED), text(COUNTY_NAME_STATED)) {
                known.entry(code).or_insert(name);
            }
        }
    }
    files
        .iter()
        .map(|file| {
            let own = file.submission.folder.as_ref().or(file.named.as_ref());
            own.cloned().or_else(|| by_name(&known, file))
        })
        .collect()
}

/// The one county whose name, or the beginning of it, stands at the head of a file's name.
fn by_name(known: &BTreeMap<String, String>, file: &FileRead) -> Option<CountyName> {
    let name = file.submission.path.rsplit('/').next()?;
    let head = normal(head_of(name));
    let fits = |county: &&String| {
        let county = normal(county);
        head.chars().count() >= 2 && (county.starts_with(&head) || head.starts_with(&county))
    };
    let mut hits = known.iter().filter(|(_, county)| fits(county));
    match (hits.next(), hits.next()) {
        (Some((code, county)), None) => Some(CountyName {
            code: code.clone(),
            name: county.clone(),
        }),
        _ => None,
    }
}

/// What stands at the head of a file's name.
fn head_of(name: &str) -> &str {
    let end = name.find(['-', '_', '.', '\u{2014}', ' ']);
    &name[..end.unwrap_or(name.len())]
}

impl Assembly<'_> {
    /// A file in a county's folder whose name, or a folder above it, names another county of the list. Not said again where its
    /// own rows state the same.
    pub(super) fn elsewhere(&mut self, file: &FileRead, stated: &BTreeSet<String>) {
        let Some(folder) = &file.submission.folder else {
            return;
        };
        let digits = self.given.pipeline.settings.county_digits;
        let named = |part: &str| -> Option<String> {
            let by_code = county_name(part, digits).map(|c| c.code);
            let listed = by_code.filter(|code| self.names.iter().any(|(c, _)| c == code));
            listed.or_else(|| {
                let key = normal(head_of(part));
                // A word like 城区 may begin the name of any county's file.
                let words = &self.given.pipeline.settings.place_words;
                let tells = |name: &str| !words.iter().any(|w| w == name);
                let whole = self.only_county(|name| name == key && tells(name));
                // A school's name may begin as a county's does: 新华区小学.
                let of_school = |rest: &str| {
                    let forms = self.given.pipeline.forms.iter();
                    let mut words = forms.flat_map(|f| &f.entity_words);
                    words.any(|w| rest.contains(w.as_str()))
                };
                let begins = |name: &str| {
                    let rest = key.strip_prefix(name).filter(|_| !name.is_empty());
                    rest.is_some_and(|rest| !of_school(rest)) && tells(name)
                };
                let is_own = begins(&normal(&folder.name));
                whole.or_else(|| self.only_county(begins).filter(|_| !is_own))
            })
        };
        let own = |part: &str| county_name(part, digits).is_some_and(|c| c.code == folder.code);
        let parts = file.submission.path.rsplit('/').take_while(|p| !own(p));
        let other = parts.filter_map(named).find(|code| *code != folder.code);
        if let Some(code) = other.filter(|code| !stated.contains(code)) {
            let draft = about(file, None, Some(&folder.code));
            self.say_differs(draft, "county_in_name", code, folder);
        }
    }

    /// Rows or lists that state another county than the folder that they lie in: one finding a sheet and code.
    pub(super) fn differs(&mut self, file: &FileRead, table: &SheetTable, differing: Differing) {
        let Some(folder) = &file.submission.folder else {
            return;
        };
        for (code, cells) in differing {
            let mut draft = about(file, Some(&table.sheet), Some(&folder.code));
            draft.place.cell = (!cells.is_empty()).then(|| cell_list(&cells));
            self.say_differs(draft, "county_in_cells", code, folder);
        }
    }

    /// Another county than that of the folder; `place` is the word for where it is named.
    pub(super) fn say_differs(
        &mut self,
        mut draft: Draft,
        place: &str,
        code: String,
        folder: &CountyName,
    ) {
        let listed = self.given.counties.iter().find(|c| c.code == code);
        let stated = listed.map_or(code.clone(), |c| format!("{code} {}", c.name));
        draft.value = Some(code);
        draft.expected = Some(folder.code.clone());
        let draft = draft
            .slot("where", self.given.pipeline.word(place).to_string())
            .slot("stated", stated)
            .slot("used", format!("{} {}", folder.code, folder.name));
        self.say("county-differs", draft);
    }

    /// The county of a record, and whether only the file's name tells it.
    pub(super) fn county_of(
        &self,
        file: usize,
        table: &SheetTable,
        record: &Record,
        differing: &mut Differing,
    ) -> (Option<String>, bool) {
        let stated = self.stated(table, record);
        if let Some(folder) = &self.files[file].submission.folder {
            // A code counts before a name.
            let stated =
                stated.or_else(|| Some((self.other_county(folder, record)?, record.county_cell)));
            if let Some((code, at)) = stated.filter(|(code, _)| *code != folder.code) {
                differing.entry(code).or_default().extend(at);
            }
            return (Some(folder.code.clone()), false);
        }
        if let Some((code, _)) = stated {
            return (Some(code), false);
        }
        let by_name = self.named(record);
        match (by_name, &self.own[file]) {
            (Some(code), _) => (Some(code), false),
            (None, Some(named)) => (Some(named.code.clone()), true),
            (None, None) => (None, false),
        }
    }

    /// The county of the list that a record names in words, where it is not the county of the folder. What names none (市直,
    /// 开发区) is a part of the folder's.
    fn other_county(&self, folder: &CountyName, record: &Record) -> Option<String> {
        let said = record
            .county_name
            .as_ref()
            .or(record.county_code.as_ref())?;
        let key = normal(said);
        // 澄溪, 甲市澄溪县 and 澄溪县教育局 are 澄溪县.
        let means = |name: &str| {
            let short = key.chars().count() >= 2 && name.starts_with(&key);
            !name.is_empty() && (key.contains(name) || short)
        };
        let listed = self.names.iter().find(|(code, _)| *code == folder.code);
        let own = [listed.map_or("", |(_, name)| name), &normal(&folder.name)];
        if key.is_empty() || own.into_iter().any(means) {
            return None;
        }
        let words = &self.given.pipeline.settings.place_words;
        if words.contains(&key) {
            return None;
        }
        let whole = self.only_county(|name| name == key);
        whole.or_else(|| self.only_county(means))
    }

    /// The county on the list that alone has the name that a record gives.
    fn named(&self, record: &Record) -> Option<String> {
        let key = normal(record.county_name.as_ref()?);
        self.only_county(|name| name == key)
    }

    /// The county on the list whose name alone fits; names are normalised.
    pub(super) fn only_county(&self, fits: impl Fn(&str) -> bool) -> Option<String> {
        let mut hits = self.names.iter().filter(|(_, name)| fits(name));
        match (hits.next(), hits.next()) {
            (Some((code, _)), None) => Some(code.clone()),
            _ => None,
        }
    }

    /// The county code that a record itself states, with its cell.
    fn stated(&self, table: &SheetTable, record: &Record) -> Option<(String, Option<(u32, u32)>)> {
        let digits = self.given.pipeline.settings.county_digits;
        // The code of a place in a county begins with the county's.
        let county = |code: &str| code_of_area(code, digits).then(|| code[..digits].to_string());
        if let Some(code) = record.county_code.as_deref().and_then(county) {
            return Some((code, record.county_cell));
        }
        let column = self.given.pipeline.tables[table.table].position(COUNTY_CODE_STATED)?;
        let code = county(record.values[column].as_ref()?.text()?)?;
        Some((code, record.cells.at(column)))
    }
}
