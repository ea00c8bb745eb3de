//! The checked pipeline's survey side: the columns of a questionnaire, scales of answers, and how rates are made of them.

pub use crate::indicators::survey::design::DesignInterval as SchoolInterval;
pub use crate::indicators::survey::intervals::Method as IntervalMethod;

/// How rates are made of questionnaires.
#[derive(Debug)]
pub struct Survey {
    /// Criterion (index) whose first figure has the limit that rates are held against.
    pub criterion: usize,
    /// Code of all groups together.
    pub whole: String,
    /// The respondents' groups, without the whole.
    pub groups: Vec<Group>,
    /// Indices of groups: someone with several identities belongs to the first.
    pub precedence: Vec<usize>,
    pub rule: Rule,
    /// Percent of the questions for [`Rule::Share`].
    pub share: f64,
    pub least: Least,
    pub unknown: Unknown,
    pub rate: RateKind,
    /// By group, for [`RateKind::FixedWeights`]; they add up to 1.
    pub weights: Vec<f64>,
    /// Percent of the required questions that a valid questionnaire answers.
    pub answered: f64,
    /// Percent of the questionnaires whose deciding answer may be unreadable.
    pub unread: f64,
    pub interval: IntervalMethod,
    pub school_interval: SchoolInterval,
    /// County column (index) with the number of people on the list that the sample was drawn from.
    pub population: Option<usize>,
    pub suppress_below: f64,
    pub mark_below: f64,
    pub quota: Quota,
    /// Normalised marks in the place of an answer that was not given.
    pub blanks: Vec<String>,
    /// Unit of a duration text (normalised) and its seconds; longest text first.
    pub duration_units: Vec<(String, f64)>,
    pub areas: Vec<Area>,
    /// All answers of all scales, by normalised text.
    pub words: Vec<Word>,
    pub scales: Vec<Scale>,
    pub screens: Vec<Screen>,
    /// Table that the counts of questionnaires are put into.
    pub table: usize,
}

impl Survey {
    /// All that the counting of questionnaires hangs on, as a text: with another one files are counted anew.
    pub fn reading(&self) -> String {
        format!(
            "{:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?} {:?}",
            self.blanks,
            self.groups,
            self.precedence,
            (self.share, self.answered),
            self.rule,
            self.rate,
            self.duration_units,
            self.words,
            self.scales
        )
    }
}

impl Survey {
    /// Whether a normalised text says that nothing was answered.
    pub fn is_blank(&self, key: &str) -> bool {
        key.is_empty() || self.blanks.iter().any(|b| b == key)
    }
}

impl Scale {
    /// Its greatest score.
    pub fn most(&self) -> f64 {
        let scores = self.scores.iter().flatten().flatten();
        scores.fold(0.0, |most, score| score.max(most))
    }
}

impl Asked {
    /// The question about the whole; every form of questionnaires has one.
    pub fn overall(&self) -> usize {
        self.questions.iter().position(|q| q.overall).unwrap_or(0)
    }
}

/// A group of respondents.
#[derive(Debug)]
pub struct Group {
    pub code: String,
    pub title: String,
    /// Normalised names.
    pub texts: Vec<String>,
}

/// What makes a questionnaire satisfied. The order is that of counts by rule.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rule {
    /// Its overall question alone.
    Overall,
    /// A declared share of its questions.
    Share,
    /// All its questions.
    All,
}

impl Rule {
    pub const ALL: [Rule; 3] = [Rule::Overall, Rule::Share, Rule::All];
}

/// The least answer that counts as satisfied. The order is that of counts by answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Least {
    Satisfied,
    Basic,
}

impl Least {
    pub const ALL: [Least; 2] = [Least::Satisfied, Least::Basic];
}

/// Whether those who do not know, or leave it blank, are in the denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unknown {
    In,
    Out,
}

/// How the rate of a county is made of those of its groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateKind {
    Pooled,
    EqualGroups,
    FixedWeights,
    ItemPooled,
    Score,
}

/// How many of whom must answer.
#[derive(Debug)]
pub struct Quota {
    pub least: f64,
    pub per_mille: f64,
    /// Groups (indices) that must be asked.
    pub groups: Vec<usize>,
    /// The group of parents.
    pub parents: usize,
    pub parents_share: f64,
    pub balance: f64,
    pub return_share: f64,
    pub full_return: f64,
}

/// An urban or rural area.
#[derive(Debug)]
pub struct Area {
    pub title: String,
    pub codes: Vec<String>,
}

/// A scale of answers.
#[derive(Debug)]
pub struct Scale {
    pub title: String,
    /// By word: whether the scale has it, and its score.
    pub scores: Vec<Option<Option<f64>>>,
}

/// An answer as people give it.
#[derive(Debug)]
pub struct Word {
    /// As declared.
    pub title: String,
    /// Normalised.
    pub text: String,
    pub means: AnswerMeans,
}

/// What an answer means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerMeans {
    Satisfied,
    Basic,
    Dissatisfied,
    /// 不了解: an answer, but no judgement.
    Unknown,
}

impl AnswerMeans {
    /// Whether it says how satisfied somebody is.
    pub fn is_judgement(self) -> bool {
        self != AnswerMeans::Unknown
    }
}

/// What is looked at in the answers of a county.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Measure {
    /// Share of questionnaires with the same answer throughout.
    Straight,
    /// Share of the most frequent pattern of different answers.
    RepeatedPattern,
    /// Share of questionnaires filled in faster than a part of the province's median.
    Fast,
    /// Share of questionnaires whose overall answer contradicts all others.
    Contradiction,
    /// Share of the one device or address with most questionnaires.
    OneDevice,
    /// Share of the one second with most questionnaires.
    OneSecond,
    /// How little schools differ.
    SchoolsEven,
}

/// A screen: a measure, its bounds, and the notice that it makes.
#[derive(Debug)]
pub struct Screen {
    pub notice: String,
    pub measure: Measure,
    /// Standard deviations from all counties together.
    pub z: Option<f64>,
    /// Percent from which it is said.
    pub above: Option<f64>,
    /// Percent below which a probability is said.
    pub below: Option<f64>,
    /// Percent that every school reaches.
    pub share: Option<f64>,
    pub part_of_median: Option<f64>,
    /// Fewer questionnaires than this are nothing unusual.
    pub least_count: f64,
    pub least_answers: f64,
    pub least_counties: usize,
}

/// What a column of a questionnaire tells about the respondent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AnswerRole {
    Submitted,
    Duration,
    /// A number that the platform gives each questionnaire.
    Respondent,
    /// Address, device, phone: compared, never kept.
    Device,
    /// Never read.
    Private,
    County,
    CountyCode,
    Identity,
    School,
}

/// The roles by the words of the TOML.
pub const ROLES: &[(&str, AnswerRole)] = &[
    ("submitted", AnswerRole::Submitted),
    ("duration", AnswerRole::Duration),
    ("respondent", AnswerRole::Respondent),
    ("device", AnswerRole::Device),
    ("private", AnswerRole::Private),
    ("county", AnswerRole::County),
    ("county_code", AnswerRole::CountyCode),
    ("identity", AnswerRole::Identity),
    ("school", AnswerRole::School),
];

impl AnswerRole {
    /// Whether there can be only one column of this kind.
    pub fn is_single(self) -> bool {
        !matches!(self, AnswerRole::Device | AnswerRole::Private)
    }
}

/// A question of a questionnaire.
#[derive(Debug)]
pub struct Question {
    pub id: String,
    pub title: String,
    /// Index into [`Asked::dimensions`].
    pub dimension: Option<usize>,
    pub required: bool,
    pub overall: bool,
    pub patterns: Vec<HeaderPattern>,
}

/// What a form of questionnaires asks, and how its columns are known.
#[derive(Debug, Default)]
pub struct Asked {
    pub questions: Vec<Question>,
    pub dimensions: Vec<String>,
    pub roles: Vec<(AnswerRole, Vec<HeaderPattern>)>,
    /// Between several answers in one cell.
    pub separators: Vec<String>,
    /// Around what a respondent adds to an answer.
    pub asides: Vec<(String, String)>,
}

/// A header with `*` for any text, as normalised pieces.
#[derive(Debug, Clone, PartialEq)]
pub struct HeaderPattern {
    pieces: Vec<String>,
    characters: Characters,
    /// Length of all pieces: the longest pattern that fits counts.
    pub weight: usize,
}

/// Which characters a text is made of, several to a bit: what is not in here is not in the text.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Characters(u64);

impl Characters {
    fn of(text: &str) -> Characters {
        let bit = |c: char| 1 << (u32::from(c).wrapping_mul(0x9E37_79B1) >> 26);
        Characters(text.chars().fold(0, |bits, c| bits | bit(c)))
    }

    fn may_hold(self, others: Characters) -> bool {
        others.0 & !self.0 == 0
    }
}

/// A normalised header, to be held against patterns.
pub struct Header {
    text: String,
    characters: Characters,
}

impl From<String> for Header {
    fn from(text: String) -> Header {
        Header {
            characters: Characters::of(&text),
            text,
        }
    }
}

impl HeaderPattern {
    /// A pattern as declared.
    pub fn new(text: &str) -> HeaderPattern {
        let pieces: Vec<String> = text.split('*').map(crate::text::normal).collect();
        HeaderPattern {
            // An exact header is more telling than any with `*`.
            weight: pieces.iter().map(|p| p.chars().count()).sum::<usize>()
                + if pieces.len() == 1 { 1000 } else { 0 },
            characters: Characters::of(&pieces.concat()),
            pieces,
        }
    }

    /// Whether it says nothing.
    pub fn is_empty(&self) -> bool {
        self.pieces.iter().all(String::is_empty)
    }

    /// Whether a header fits.
    pub fn fits(&self, header: &Header) -> bool {
        // Most patterns are about something else.
        if !header.characters.may_hold(self.characters) {
            return false;
        }
        let header = header.text.as_str();
        let (Some(first), Some(last)) = (self.pieces.first(), self.pieces.last()) else {
            return false;
        };
        if self.pieces.len() == 1 {
            return header == first;
        }
        let Some(mut rest) = header.strip_prefix(first.as_str()) else {
            return false;
        };
        for piece in &self.pieces[1..self.pieces.len() - 1] {
            // In short texts the quickest search by far.
            let Some(at) = memchr::memmem::find(rest.as_bytes(), piece.as_bytes()) else {
                return false;
            };
            rest = &rest[at + piece.len()..];
        }
        rest.ends_with(last.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::HeaderPattern;

    #[test]
    fn patterns_of_headers() {
        let fits = |p: &str, h: &str| HeaderPattern::new(p).fits(&crate::text::normal(h).into());
        assert!(fits("*b*", "a、B c"));
        assert!(fits("a*c", "abc"));
        assert!(!fits("a*c", "abcd"));
        assert!(fits("*a*b*", "xaybz"));
        assert!(!fits("*a*b*", "xbya"));
        assert!(fits("IP", "ip"));
        assert!(!fits("IP", "your ip"));
        assert!(HeaderPattern::new("x").weight > HeaderPattern::new("*xyz*").weight);
    }
}
