//! Checked formula -> polars expression: the one place that decides what a division by zero, a missing value and a
//! comparison of binary floats mean.

use polars::prelude::*;

use super::{Formula, Function, Node, Op, Type};

/// Relative tolerance of every comparison of numbers: far below any printed digit, far above binary rounding, so that
/// 21 of 500 = 4.2 meets 4.2.
pub const TOLERANCE: f64 = 1e-9;

/// A formula as a polars expression over the frame whose columns it names.
fn lower(formula: &Formula) -> Expr {
    expr(&formula.node)
}

/// The value of a formula for every row of a frame.
///
/// # Errors
/// When polars refuses; the checker rules out unknown columns and wrong types before.
pub fn evaluate(formula: &Formula, frame: &DataFrame) -> PolarsResult<Column> {
    let height = frame.height();
    let out = frame
        .clone()
        .lazy()
        .select([lower(formula).alias("value")])
        .collect()?;
    let column = out.column("value")?.clone();
    // An expression without columns gives one row: the same for all.
    if column.len() == 1 && height != 1 {
        return Ok(column.new_from_index(0, height));
    }
    Ok(column)
}

fn expr(node: &Node) -> Expr {
    match node {
        Node::Number(n) => lit(*n),
        Node::Text(t) => lit(t.as_str()),
        Node::Bool(b) => lit(*b),
        Node::Null => lit(NULL),
        Node::Column(name) => col(name.as_str()),
        Node::Negate(inner) => lit(0.0) - expr(inner),
        Node::Not(inner) => expr(inner).not(),
        Node::IsNull(inner) => expr(inner).is_null(),
        Node::IsNotNull(inner) => expr(inner).is_not_null(),
        Node::Binary(op, left, right, kind) => binary(*op, expr(left), expr(right), *kind),
        Node::Case(branches, other) => {
            let otherwise = other.as_ref().map_or(lit(NULL), |o| expr(o));
            branches
                .iter()
                .rev()
                .fold(otherwise, |rest, (condition, value)| {
                    when(expr(condition)).then(expr(value)).otherwise(rest)
                })
        }
        Node::Call(function, args) => {
            call(*function, args.iter().map(expr).collect::<Vec<_>>(), args)
        }
    }
}

fn binary(op: Op, left: Expr, right: Expr, kind: Type) -> Expr {
    let float = |e: Expr| e.cast(DataType::Float64);
    match (op, kind) {
        (Op::Add, _) => float(left) + float(right),
        (Op::Sub, _) => float(left) - float(right),
        (Op::Mul, _) => float(left) * float(right),
        (Op::Div, _) => {
            let (left, right) = (float(left), float(right));
            when(right.clone().eq(lit(0.0)))
                .then(lit(NULL).cast(DataType::Float64))
                .otherwise(left / right)
        }
        (Op::And, _) => left.and(right),
        (Op::Or, _) => left.or(right),
        (_, Type::Number) => {
            let (left, right) = (float(left), float(right));
            let difference = left.clone() - right.clone();
            let slack = (left.abs() + right.abs()) * lit(TOLERANCE);
            match op {
                Op::Eq => difference.abs().lt_eq(slack),
                Op::Ne => difference.abs().gt(slack),
                Op::Lt => difference.lt(lit(0.0) - slack),
                Op::Le => difference.lt_eq(slack),
                Op::Gt => difference.gt(slack),
                _ => difference.gt_eq(lit(0.0) - slack),
            }
        }
        (Op::Eq, _) => left.eq(right),
        (Op::Ne, _) => left.neq(right),
        (Op::Lt, _) => left.lt(right),
        (Op::Le, _) => left.lt_eq(right),
        (Op::Gt, _) => left.gt(right),
        (Op::Ge, _) => left.gt_eq(right),
    }
}

fn call(function: Function, mut args: Vec<Expr>, nodes: &[Node]) -> Expr {
    let number = |e: Expr| e.cast(DataType::Float64);
    match function {
        Function::Coalesce => coalesce(&args),
        Function::Abs => number(args.remove(0)).abs(),
        Function::Round => {
            let value = number(args.remove(0));
            when(value.clone().gt_eq(lit(0.0)))
                .then((value.clone() + lit(0.5)).floor())
                .otherwise(lit(0.0) - (lit(0.5) - value).floor())
        }
        Function::Ceil => number(args.remove(0)).ceil(),
        Function::Floor => number(args.remove(0)).floor(),
        Function::Least | Function::Greatest => {
            let mut rest = args.into_iter().map(number);
            let first = rest.next().unwrap_or(lit(NULL));
            rest.fold(first, |best, next| {
                let keep = if function == Function::Least {
                    best.clone().lt_eq(next.clone())
                } else {
                    best.clone().gt_eq(next.clone())
                };
                when(keep.clone().is_null())
                    .then(lit(NULL).cast(DataType::Float64))
                    .when(keep)
                    .then(best)
                    .otherwise(next)
            })
        }
        Function::Length => args.remove(0).str().len_chars().cast(DataType::Float64),
        Function::Left => {
            let length = match nodes.get(1) {
                Some(Node::Number(n)) if *n >= 0.0 => *n as u64,
                _ => 0,
            };
            args.remove(0).str().slice(lit(0_i64), lit(length))
        }
        Function::StartsWith => {
            let prefix = args.pop().unwrap_or(lit(NULL));
            args.remove(0).str().starts_with(prefix)
        }
    }
}

/// Whether `value` is at least `limit`, for binary floats.
pub fn at_least(value: f64, limit: f64) -> bool {
    value - limit >= -TOLERANCE * (value.abs() + limit.abs())
}

/// Whether `value` is at most `limit`, for binary floats.
pub fn at_most(value: f64, limit: f64) -> bool {
    at_least(limit, value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::formula::parse::parse;

    fn eval(text: &str) -> Option<f64> {
        let columns: Vec<(String, Type)> = vec![
            ("a".into(), Type::Number),
            ("b".into(), Type::Number),
            ("gone".into(), Type::Number),
            ("t".into(), Type::Text),
        ];
        let frame = df![
            "a" => [7_i64, 0], "b" => [2.0, 0.0], "gone" => [None::<f64>, None], "t" => ["2199", "x"]
        ]
        .unwrap();
        let formula = parse(text, &columns).unwrap();
        let column = evaluate(&formula, &frame).unwrap();
        let column = column.cast(&DataType::Float64).unwrap();
        column.f64().unwrap().get(0)
    }

    #[test]
    fn arithmetic_is_exact_division_and_missing_stays_missing() {
        assert_eq!(eval("a / b"), Some(3.5));
        assert_eq!(eval("a / 2"), Some(3.5));
        assert_eq!(eval("a / (b - 2)"), None);
        assert_eq!(eval("a + gone"), None);
        assert_eq!(eval("coalesce(gone, a)"), Some(7.0));
        assert_eq!(eval("least(a, b)"), Some(2.0));
        assert_eq!(eval("greatest(a, gone)"), None);
        assert_eq!(eval("ceil(a / b)"), Some(4.0));
        assert_eq!(eval("floor(a / b)"), Some(3.0));
        assert_eq!(eval("round(a / b)"), Some(4.0));
        assert_eq!(eval("round(-a / b)"), Some(-4.0));
        assert_eq!(eval("CASE WHEN a > b THEN 1 ELSE 2 END"), Some(1.0));
        assert_eq!(eval("CASE WHEN gone > 1 THEN 1 ELSE 2 END"), Some(2.0));
        assert_eq!(eval("length(t)"), Some(4.0));
    }

    #[test]
    fn comparisons_are_robust_and_three_valued() {
        assert_eq!(eval("0.1 + 0.2 = 0.3"), Some(1.0));
        assert_eq!(eval("0.1 + 0.2 <= 0.3"), Some(1.0));
        assert_eq!(eval("0.1 + 0.2 > 0.3"), Some(0.0));
        assert_eq!(eval("a BETWEEN 1 AND 7"), Some(1.0));
        assert_eq!(eval("a NOT IN (1, 2)"), Some(1.0));
        assert_eq!(eval("gone <= a"), None);
        assert_eq!(eval("left(t, 2) = '21'"), Some(1.0));
        assert_eq!(eval("starts_with(t, '21')"), Some(1.0));
        assert!(at_least(21.0 / 500.0 * 100.0, 4.2));
        assert!(!at_least(4.1999, 4.2));
        assert!(at_most(0.5, 0.5));
    }
}
