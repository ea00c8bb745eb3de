//! SQL text -> checked formula. The only file that names sqlparser.

use std::ops::Range;

use sqlparser::ast::{
    BinaryOperator, CeilFloorKind, DateTimeField, Expr, FunctionArg, FunctionArgExpr,
    FunctionArguments, Spanned, UnaryOperator, Value,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::{Parser, ParserError};
use sqlparser::tokenizer::{Location, Span, Token};

use super::{FUNCTIONS, Formula, Function, Node, Op, Type};
use crate::pipeline::diagnostic::nearest;

/// Why a text is not a formula, with the byte range in the text.
#[derive(Debug, Clone, PartialEq)]
pub struct FormulaError {
    pub at: Range<usize>,
    pub message: String,
    pub help: Option<String>,
}

/// The columns that a formula may name, with their types.
pub trait Columns {
    /// The type of a column, if there is one of that name.
    fn kind(&self, name: &str) -> Option<Type>;
    /// All names, for suggestions.
    fn names(&self) -> Vec<&str>;
}

impl Columns for Vec<(String, Type)> {
    fn kind(&self, name: &str) -> Option<Type> {
        self.iter().find(|(n, _)| n == name).map(|(_, t)| *t)
    }
    fn names(&self) -> Vec<&str> {
        self.iter().map(|(n, _)| n.as_str()).collect()
    }
}

/// Parses and checks a formula against the columns that it may read.
pub fn parse(text: &str, columns: &dyn Columns) -> Result<Formula, FormulaError> {
    let whole = 0..text.len();
    let syntax = |e: ParserError| {
        let message = e.to_string();
        let message = message.trim_start_matches("sql parser error: ").to_string();
        FormulaError {
            at: location_in(&message).map_or(whole.clone(), |l| {
                let start = offset(text, l);
                start..(start + 1).min(text.len())
            }),
            message: format!("not a formula: {message}"),
            help: Some("formulas are SQL expressions, such as (a - b) / c".to_string()),
        }
    };
    let dialect = GenericDialect {};
    let mut parser = Parser::new(&dialect).try_with_sql(text).map_err(syntax)?;
    let expr = parser.parse_expr().map_err(syntax)?;
    let rest = parser.peek_token();
    if rest.token != Token::EOF {
        let start = offset(text, rest.span.start);
        return Err(FormulaError {
            at: start..offset(text, rest.span.end).max(start),
            message: format!("'{}' is left over after the expression", rest.token),
            help: None,
        });
    }
    let mut check = Check {
        text,
        columns,
        named: Vec::new(),
    };
    let (node, kind) = check.node(&expr)?;
    Ok(Formula {
        text: text.to_string(),
        node,
        kind,
        columns: check.named,
    })
}

/// "… at Line: 1, Column: 7" at the end of the parser's messages.
fn location_in(message: &str) -> Option<Location> {
    let (_, tail) = message.rsplit_once("at Line: ")?;
    let (line, column) = tail.split_once(", Column: ")?;
    let digits = |s: &str| {
        s.chars()
            .take_while(char::is_ascii_digit)
            .collect::<String>()
            .parse()
            .ok()
    };
    Some(Location {
        line: digits(line)?,
        column: digits(column)?,
    })
}

fn offset(text: &str, at: Location) -> usize {
    if at.line == 0 {
        return 0;
    }
    let line_start: usize = text
        .split_inclusive('\n')
        .take(at.line as usize - 1)
        .map(str::len)
        .sum();
    let line = &text[line_start.min(text.len())..];
    let within: usize = line
        .chars()
        .take((at.column as usize).saturating_sub(1))
        .map(char::len_utf8)
        .sum();
    (line_start + within).min(text.len())
}

struct Check<'a> {
    text: &'a str,
    columns: &'a dyn Columns,
    named: Vec<String>,
}

type Checked = Result<(Node, Type), FormulaError>;

impl Check<'_> {
    fn fail<T>(
        &self,
        span: Span,
        message: String,
        help: Option<String>,
    ) -> Result<T, FormulaError> {
        let (start, end) = (offset(self.text, span.start), offset(self.text, span.end));
        Err(FormulaError {
            at: if end > start {
                start..end
            } else {
                0..self.text.len()
            },
            message,
            help,
        })
    }

    fn node(&mut self, expr: &Expr) -> Checked {
        match expr {
            Expr::Nested(inner) => self.node(inner),
            Expr::Identifier(ident) => self.column(&ident.value, ident.span),
            Expr::Value(value) => match &value.value {
                Value::Number(digits, _) => match digits.to_string().parse::<f64>() {
                    Ok(number) if number.is_finite() => Ok((Node::Number(number), Type::Number)),
                    _ => self.fail(value.span, format!("'{digits}' is not a number"), None),
                },
                Value::SingleQuotedString(text) => Ok((Node::Text(text.clone()), Type::Text)),
                Value::Boolean(truth) => Ok((Node::Bool(*truth), Type::Bool)),
                Value::Null => Ok((Node::Null, Type::Null)),
                other => self.fail(
                    value.span,
                    format!("{other} is not allowed in a formula"),
                    Some("text stands in single quotes: '211'".to_string()),
                ),
            },
            Expr::UnaryOp { op, expr: inner } => match op {
                UnaryOperator::Minus => {
                    let node = self.typed(inner, Type::Number, "after -")?;
                    Ok((Node::Negate(Box::new(node)), Type::Number))
                }
                UnaryOperator::Plus => {
                    Ok((self.typed(inner, Type::Number, "after +")?, Type::Number))
                }
                UnaryOperator::Not => {
                    let node = self.typed(inner, Type::Bool, "after NOT")?;
                    Ok((Node::Not(Box::new(node)), Type::Bool))
                }
                other => self.fail(expr.span(), format!("operator {other} is not known"), None),
            },
            Expr::BinaryOp { left, op, right } => self.binary(expr, left, op, right),
            Expr::IsNull(inner) => {
                let (node, _) = self.node(inner)?;
                Ok((Node::IsNull(Box::new(node)), Type::Bool))
            }
            Expr::IsNotNull(inner) => {
                let (node, _) = self.node(inner)?;
                Ok((Node::IsNotNull(Box::new(node)), Type::Bool))
            }
            Expr::Between {
                expr: inner,
                negated,
                low,
                high,
            } => {
                let value = self.typed(inner, Type::Number, "before BETWEEN")?;
                let low = self.typed(low, Type::Number, "after BETWEEN")?;
                let high = self.typed(high, Type::Number, "after AND")?;
                let node = and(
                    compare(Op::Ge, value.clone(), low, Type::Number),
                    compare(Op::Le, value, high, Type::Number),
                );
                Ok((negate_if(*negated, node), Type::Bool))
            }
            Expr::InList {
                expr: inner,
                list,
                negated,
            } => {
                let (value, kind) = self.node(inner)?;
                let mut any: Option<Node> = None;
                for item in list {
                    let node = self.typed(item, kind, "in the list")?;
                    let equal = compare(Op::Eq, value.clone(), node, kind);
                    any = Some(match any {
                        None => equal,
                        Some(before) => {
                            Node::Binary(Op::Or, Box::new(before), Box::new(equal), Type::Bool)
                        }
                    });
                }
                match any {
                    Some(node) => Ok((negate_if(*negated, node), Type::Bool)),
                    None => self.fail(expr.span(), "the list is empty".to_string(), None),
                }
            }
            Expr::Case {
                operand: None,
                conditions,
                else_result,
                ..
            } => {
                let mut kind = Type::Null;
                let mut branches = Vec::new();
                for branch in conditions {
                    let when = self.typed(&branch.condition, Type::Bool, "after WHEN")?;
                    let then = self.same(&branch.result, &mut kind)?;
                    branches.push((when, then));
                }
                let other = match else_result {
                    Some(result) => Some(Box::new(self.same(result, &mut kind)?)),
                    None => None,
                };
                Ok((Node::Case(branches, other), kind))
            }
            Expr::Ceil {
                expr: inner,
                field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime),
            } => {
                let node = self.typed(inner, Type::Number, "in ceil()")?;
                Ok((Node::Call(Function::Ceil, vec![node]), Type::Number))
            }
            Expr::Floor {
                expr: inner,
                field: CeilFloorKind::DateTimeField(DateTimeField::NoDateTime),
            } => {
                let node = self.typed(inner, Type::Number, "in floor()")?;
                Ok((Node::Call(Function::Floor, vec![node]), Type::Number))
            }
            Expr::Function(call)
                if call.over.is_none() && call.filter.is_none() && call.within_group.is_empty() =>
            {
                let name = call.name.to_string().to_lowercase();
                let args: Vec<&Expr> = match &call.args {
                    FunctionArguments::List(list) => list
                        .args
                        .iter()
                        .filter_map(|arg| match arg {
                            FunctionArg::Unnamed(FunctionArgExpr::Expr(e)) => Some(e),
                            _ => None,
                        })
                        .collect(),
                    _ => Vec::new(),
                };
                self.call(expr.span(), &name, &args)
            }
            other => self.fail(
                other.span(),
                format!("'{other}' is not allowed in a formula"),
                Some(
                    "allowed: + - * /, comparisons, AND OR NOT, BETWEEN, IN, IS NULL, CASE WHEN, \
                     and the functions of pipelines/README.md"
                        .to_string(),
                ),
            ),
        }
    }

    fn column(&mut self, name: &str, span: Span) -> Checked {
        match self.columns.kind(name) {
            Some(kind) => {
                if !self.named.iter().any(|n| n == name) {
                    self.named.push(name.to_string());
                }
                Ok((Node::Column(name.to_string()), kind))
            }
            None => {
                let names = self.columns.names();
                let help = match nearest(name, names.iter().copied()) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => format!("the columns here are: {}", names.join(", ")),
                };
                self.fail(span, format!("unknown column '{name}'"), Some(help))
            }
        }
    }

    fn binary(&mut self, whole: &Expr, left: &Expr, op: &BinaryOperator, right: &Expr) -> Checked {
        let op = match op {
            BinaryOperator::Plus => Op::Add,
            BinaryOperator::Minus => Op::Sub,
            BinaryOperator::Multiply => Op::Mul,
            BinaryOperator::Divide => Op::Div,
            BinaryOperator::Eq => Op::Eq,
            BinaryOperator::NotEq => Op::Ne,
            BinaryOperator::Lt => Op::Lt,
            BinaryOperator::LtEq => Op::Le,
            BinaryOperator::Gt => Op::Gt,
            BinaryOperator::GtEq => Op::Ge,
            BinaryOperator::And => Op::And,
            BinaryOperator::Or => Op::Or,
            other => {
                return self.fail(whole.span(), format!("operator {other} is not known"), None);
            }
        };
        match op {
            Op::Add | Op::Sub | Op::Mul | Op::Div => {
                let l = self.typed(left, Type::Number, "in arithmetic")?;
                let r = self.typed(right, Type::Number, "in arithmetic")?;
                Ok((
                    Node::Binary(op, Box::new(l), Box::new(r), Type::Number),
                    Type::Number,
                ))
            }
            Op::And | Op::Or => {
                let l = self.typed(left, Type::Bool, "beside AND/OR")?;
                let r = self.typed(right, Type::Bool, "beside AND/OR")?;
                Ok((
                    Node::Binary(op, Box::new(l), Box::new(r), Type::Bool),
                    Type::Bool,
                ))
            }
            _ => {
                let (l, kind) = self.node(left)?;
                let r = self.typed(right, kind, "in a comparison with it")?;
                Ok((compare(op, l, r, kind), Type::Bool))
            }
        }
    }

    fn call(&mut self, span: Span, name: &str, args: &[&Expr]) -> Checked {
        let Some((_, function, least, most)) = FUNCTIONS.iter().find(|(n, ..)| *n == name) else {
            let known = FUNCTIONS.iter().map(|(n, ..)| *n);
            return self.fail(
                span,
                format!("unknown function '{name}'"),
                Some(match nearest(name, known) {
                    Some(near) => format!("did you mean '{near}'?"),
                    None => format!("the functions are: {}", known_functions()),
                }),
            );
        };
        if args.len() < *least || args.len() > *most {
            return self.fail(
                span,
                format!("{name}() with {} arguments", args.len()),
                Some(if least == most {
                    format!("it takes {least}")
                } else {
                    format!("it takes {least} to {most}")
                }),
            );
        }
        let place = format!("in {name}()");
        let mut nodes = Vec::new();
        let kind = match function {
            Function::Coalesce => {
                let mut kind = Type::Null;
                for arg in args {
                    nodes.push(self.same(arg, &mut kind)?);
                }
                kind
            }
            Function::Length => {
                nodes.push(self.typed(args[0], Type::Text, &place)?);
                Type::Number
            }
            Function::Left => {
                nodes.push(self.typed(args[0], Type::Text, &place)?);
                let length = self.typed(args[1], Type::Number, &place)?;
                if !matches!(length, Node::Number(n) if n.fract() == 0.0) {
                    return self.fail(
                        args[1].span(),
                        format!("'{}' is no whole number", args[1]),
                        Some(
                            "left() takes a text and a whole number: left(school_code, 2)"
                                .to_string(),
                        ),
                    );
                }
                nodes.push(length);
                Type::Text
            }
            Function::StartsWith => {
                for arg in args {
                    nodes.push(self.typed(arg, Type::Text, &place)?);
                }
                Type::Bool
            }
            _ => {
                for arg in args {
                    nodes.push(self.typed(arg, Type::Number, &place)?);
                }
                Type::Number
            }
        };
        Ok((Node::Call(*function, nodes), kind))
    }

    fn typed(&mut self, expr: &Expr, wanted: Type, place: &str) -> Result<Node, FormulaError> {
        let (node, kind) = self.node(expr)?;
        if kind == wanted || kind == Type::Null || wanted == Type::Null {
            return Ok(node);
        }
        self.fail(
            expr.span(),
            format!(
                "'{expr}' is {}, but {} is wanted {place}",
                kind.word(),
                wanted.word()
            ),
            match (kind, wanted) {
                (Type::Number, Type::Text) => {
                    Some("codes are text: write them in single quotes".to_string())
                }
                _ => None,
            },
        )
    }

    fn same(&mut self, expr: &Expr, kind: &mut Type) -> Result<Node, FormulaError> {
        if *kind == Type::Null {
            let (node, found) = self.node(expr)?;
            *kind = found;
            Ok(node)
        } else {
            self.typed(expr, *kind, "like the values before it")
        }
    }
}

fn compare(op: Op, left: Node, right: Node, kind: Type) -> Node {
    Node::Binary(op, Box::new(left), Box::new(right), kind)
}

fn and(left: Node, right: Node) -> Node {
    Node::Binary(Op::And, Box::new(left), Box::new(right), Type::Bool)
}

fn negate_if(negated: bool, node: Node) -> Node {
    if negated {
        Node::Not(Box::new(node))
    } else {
        node
    }
}

fn known_functions() -> String {
    let names: Vec<&str> = FUNCTIONS.iter().map(|(n, ..)| *n).collect();
    names.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn columns() -> Vec<(String, Type)> {
        vec![
            ("students".into(), Type::Number),
            ("teachers".into(), Type::Number),
            ("school_type".into(), Type::Text),
            ("boarding".into(), Type::Bool),
        ]
    }

    #[test]
    fn a_formula_knows_its_columns_and_its_type() {
        let f = parse("(teachers - 1) / students * 100", &columns()).unwrap();
        assert_eq!(f.kind, Type::Number);
        assert_eq!(f.columns, vec!["teachers", "students"]);
    }

    #[test]
    fn mistakes_are_named_at_their_place() {
        let at = |text: &str| {
            let e = parse(text, &columns()).unwrap_err();
            (text[e.at].to_string(), e.message, e.help)
        };
        let (place, message, help) = at("teachers / studnets");
        assert_eq!(place, "studnets");
        assert_eq!(message, "unknown column 'studnets'");
        assert_eq!(help.as_deref(), Some("did you mean 'students'?"));

        let (place, message, _) = at("school_type = 211");
        assert_eq!(place, "211");
        assert!(message.contains("text is wanted"), "{message}");

        let (_, message, help) = at("sqrt(students)");
        assert_eq!(message, "unknown function 'sqrt'");
        assert!(help.is_some());

        let (_, message, _) = at("students +");
        assert!(message.starts_with("not a formula"), "{message}");
        let (place, message, _) = at("students teachers");
        assert_eq!(
            (place.as_str(), message.contains("left over")),
            ("teachers", true)
        );
        assert!(
            at("left(school_type, students)")
                .1
                .contains("no whole number")
        );
        assert!(at("ceil(students, 1)").1.contains("not allowed"));
        assert!(at("abs(students) OVER ()").1.contains("not allowed"));
        let (place, ..) = at("boarding + 1");
        assert_eq!(place, "boarding");
        let (_, message, _) = at("(SELECT 1)");
        assert!(message.contains("not allowed"), "{message}");
    }
}
