//! `junheng template`: the empty workbooks that counties fill in.

use std::fs::OpenOptions;
use std::io::Write;
use std::path::{Path, PathBuf};

use super::outputs::file_name;
use crate::cli::TemplateArgs;
use crate::dataset::{self, County};
use crate::error::Error;
use crate::pipeline::diagnostic::nearest;
use crate::pipeline::model::{Form, TemplateBook};
use crate::pipeline::{self, Pipeline};
use crate::report::{template_book, xlsx};

/// Lists the templates, or writes one or all of them.
///
/// # Errors
/// [`Error::Usage`] when there is no such form or county, or a file is there already; nothing is written then.
/// [`Error::Output`] when a file cannot be written.
pub fn template(args: &TemplateArgs) -> Result<u8, Error> {
    let pipeline = pipeline::load(&args.pipeline)?;
    let county = match &args.county {
        Some(code) => Some(county(&pipeline, args, code)?),
        None => None,
    };
    let (wanted, out) = match (&args.form, &args.out) {
        (Some(form), out) => {
            let found = find(&pipeline, form).ok_or_else(|| unknown(&pipeline, args, form))?;
            (vec![found], out.as_deref().unwrap_or(Path::new("")))
        }
        (None, Some(out)) => {
            let all = pipeline.templates.iter().map(|t| Wanted {
                template: t,
                only: None,
                title: &t.title,
            });
            (all.collect(), out.as_path())
        }
        (None, None) if county.is_some() => {
            let message = "--county needs a FORM, or --out with the folder for all of them";
            return Err(Error::Usage(message.to_string()));
        }
        (None, None) => {
            // A closed stdout changes nothing.
            let _ = writeln!(std::io::stdout(), "{}", list(&pipeline).join("\n"));
            return Ok(0);
        }
    };
    let into = args.form.is_none() || out.is_dir() || ends_with_slash(out);
    if into && !out.as_os_str().is_empty() {
        std::fs::create_dir_all(out).map_err(|e| cannot(out, &e))?;
    }
    let files: Vec<(PathBuf, &Wanted<'_>)> = wanted
        .iter()
        .map(|w| {
            let name = match &county {
                Some(c) => format!("{}-{}-{}.xlsx", c.code, c.name, w.title),
                None => format!("{}.xlsx", w.title),
            };
            let named = into || out.as_os_str().is_empty();
            let path = match named {
                true => out.join(file_name(&name)),
                false => out.to_path_buf(),
            };
            (path, w)
        })
        .collect();
    let there = files.iter().find(|(path, _)| path.exists());
    if let Some((path, _)) = there.filter(|_| !args.force) {
        return Err(there_already(path));
    }
    for (path, w) in &files {
        let book = template_book::book(&pipeline, w.template, w.only, county.as_ref());
        let bytes = xlsx::write(book, pipeline.default_period, &std::env::temp_dir())?;
        write(path, &bytes, args.force)?;
        let _ = writeln!(std::io::stdout(), "written: {}", path.display());
    }
    Ok(0)
}

/// What is to be written: a template, or one form of it.
struct Wanted<'a> {
    template: &'a TemplateBook,
    only: Option<usize>,
    title: &'a str,
}

/// The template, or the form of one, with this id or title.
fn find<'a>(pipeline: &'a Pipeline, name: &str) -> Option<Wanted<'a>> {
    let mut templates = pipeline.templates.iter();
    if let Some(template) = templates.find(|t| t.id == name || t.title == name) {
        return Some(Wanted {
            template,
            only: None,
            title: &template.title,
        });
    }
    let is_it = |f: &Form| f.id == name || f.title == name;
    let form = pipeline.forms.iter().position(is_it)?;
    let template = template_of(pipeline, form)?;
    Some(Wanted {
        template,
        only: Some(form),
        title: &pipeline.forms[form].title,
    })
}

/// The template that a form is in.
fn template_of(pipeline: &Pipeline, form: usize) -> Option<&TemplateBook> {
    let mut templates = pipeline.templates.iter();
    templates.find(|t| t.sheets.iter().any(|s| s.form == form))
}

fn unknown(pipeline: &Pipeline, args: &TemplateArgs, name: &str) -> Error {
    let mut forms = pipeline.forms.iter();
    if let Some(form) = forms.position(|f| f.id == name || f.title == name) {
        let why = why_none(pipeline, form);
        return Error::Usage(format!("form '{name}' has no template: {why}"));
    }
    let templates = pipeline.templates.iter().flat_map(|t| [&t.id, &t.title]);
    let sheets = pipeline.templates.iter().flat_map(|t| &t.sheets);
    let forms = sheets.map(|s| &pipeline.forms[s.form]);
    let known = templates.chain(forms.flat_map(|f| [&f.id, &f.title]));
    let hint = match nearest(name, known.map(String::as_str)) {
        Some(near) => format!("; did you mean '{near}'?"),
        None => "; 'junheng template' lists them".to_string(),
    };
    Error::Usage(format!(
        "no form or template '{name}' in {}{hint}",
        args.pipeline.display()
    ))
}

fn county(pipeline: &Pipeline, args: &TemplateArgs, code: &str) -> Result<County, Error> {
    let path = args.counties.as_ref().unwrap_or(&pipeline.counties_path);
    let counties = dataset::read_counties(path)?;
    dataset::asked_county(&counties, code, path).cloned()
}

/// Ids and titles of all templates with their forms, and the forms that have none.
fn list(pipeline: &Pipeline) -> Vec<String> {
    let ids = pipeline.templates.iter().map(|t| t.id.len());
    let forms = pipeline.forms.iter().map(|f| f.id.len() + 2);
    let wide = ids.chain(forms).max().unwrap_or(0);
    let mut out = Vec::new();
    for template in &pipeline.templates {
        out.push(format!("{:wide$}  {}", template.id, template.title));
        // A template of one form is called as the form is.
        for sheet in &template.sheets {
            let form = &pipeline.forms[sheet.form];
            if form.id != template.id {
                out.push(format!("  {:1$}  {2}", form.id, wide - 2, form.title));
            }
        }
    }
    for (f, form) in pipeline.forms.iter().enumerate() {
        if template_of(pipeline, f).is_none() {
            let why = why_none(pipeline, f);
            out.push(format!(
                "{:wide$}  {} (no template: {why})",
                form.id, form.title
            ));
        }
    }
    out
}

/// Why a form has no template.
fn why_none(pipeline: &Pipeline, form: usize) -> &str {
    let mut all = pipeline.no_templates.iter();
    all.find(|(f, _)| *f == form)
        .map_or("no [[template]] of the pipeline names it", |(_, why)| {
            why.as_str()
        })
}

fn ends_with_slash(path: &Path) -> bool {
    path.to_string_lossy().ends_with(std::path::MAIN_SEPARATOR)
}

fn there_already(path: &Path) -> Error {
    Error::Usage(format!(
        "{} is there already; --force writes over it",
        path.display()
    ))
}

fn cannot(path: &Path, error: &std::io::Error) -> Error {
    Error::Output(format!("{} cannot be written: {error}", path.display()))
}

fn write(path: &Path, bytes: &[u8], force: bool) -> Result<(), Error> {
    let mut options = OpenOptions::new();
    options.write(true);
    // What somebody put there meanwhile is kept as well.
    match force {
        true => options.create(true).truncate(true),
        false => options.create_new(true),
    };
    let opened = options.open(path);
    let mut file = opened.map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => there_already(path),
        _ => cannot(path, &e),
    })?;
    file.write_all(bytes).map_err(|e| cannot(path, &e))
}
