//! Formulas: SQL expressions over the columns of one table. Parsed and type-checked here (`parse`), turned into polars
//! expressions in one place (`lower`). A missing value makes a result missing, a division by zero gives missing.

pub mod lower;
pub mod parse;

/// The type of a column or of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Type {
    /// Counts and measures, all as 64-bit floats.
    Number,
    /// Text, codes included.
    Text,
    /// Yes or no.
    Bool,
    /// The literal NULL, which fits everywhere.
    Null,
}

impl Type {
    /// The word used in messages.
    pub fn word(self) -> &'static str {
        match self {
            Type::Number => "a number",
            Type::Text => "text",
            Type::Bool => "a condition",
            Type::Null => "NULL",
        }
    }
}

/// Binary operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Op {
    Add,
    Sub,
    Mul,
    Div,
    Eq,
    Ne,
    Lt,
    Le,
    Gt,
    Ge,
    And,
    Or,
}

/// The closed list of functions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Function {
    /// The first argument that is not missing.
    Coalesce,
    /// Magnitude.
    Abs,
    /// Round half away from zero to whole numbers.
    Round,
    /// Round up.
    Ceil,
    /// Round down.
    Floor,
    /// The smallest argument; missing if one is missing.
    Least,
    /// The largest argument; missing if one is missing.
    Greatest,
    /// Length of a text in characters.
    Length,
    /// The first n characters of a text.
    Left,
    /// Whether a text begins with another.
    StartsWith,
}

/// Name, smallest and largest number of arguments, for the parser, the documentation and "did you mean".
pub const FUNCTIONS: &[(&str, Function, usize, usize)] = &[
    ("coalesce", Function::Coalesce, 2, 16),
    ("abs", Function::Abs, 1, 1),
    ("round", Function::Round, 1, 1),
    ("ceil", Function::Ceil, 1, 1),
    ("floor", Function::Floor, 1, 1),
    ("least", Function::Least, 2, 16),
    ("greatest", Function::Greatest, 2, 16),
    ("length", Function::Length, 1, 1),
    ("left", Function::Left, 2, 2),
    ("starts_with", Function::StartsWith, 2, 2),
];

/// A checked expression.
#[derive(Debug, Clone, PartialEq)]
pub enum Node {
    Number(f64),
    Text(String),
    Bool(bool),
    Null,
    Column(String),
    Negate(Box<Node>),
    Not(Box<Node>),
    Binary(Op, Box<Node>, Box<Node>, Type),
    IsNull(Box<Node>),
    IsNotNull(Box<Node>),
    Case(Vec<(Node, Node)>, Option<Box<Node>>),
    Call(Function, Vec<Node>),
}

/// A formula: its text as written, the checked expression, its type and the columns that it reads, in the order of
/// first mention.
#[derive(Debug, Clone, PartialEq)]
pub struct Formula {
    pub text: String,
    pub node: Node,
    pub kind: Type,
    pub columns: Vec<String>,
}
