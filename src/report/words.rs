//! The keys of the words that reports use. The words themselves stand in the pipeline; loading checks that each is there
//! and that none is there in vain.

/// Words without slots.
pub const WORDS: &[&str] = &[
    "file_rankings", "file_findings", "font", "list_separator", "missing", "not_counted",
    "not_ranked", "no_county", "no_prefecture", "prefecture_all",
    // sheets
    "sheet_overview", "sheet_rankings", "sheet_prefectures", "sheet_balance", "sheet_schools",
    "sheet_reasons", "sheet_method", "sheet_findings_by_county", "sheet_findings_all",
    "sheet_findings_rules",
    // column heads
    "head_number", "head_county_code", "head_county", "head_prefecture", "head_resources",
    "head_balance", "head_units", "head_units_met", "head_share_met", "head_mean_cv",
    "head_cv_met", "head_errors", "head_queries", "head_infos", "head_state", "head_rank",
    "head_value", "head_prefecture_rank", "head_stage", "head_line", "head_indicator",
    "head_units_missing", "head_students", "head_mean", "head_sd", "head_cv", "head_limit",
    "head_verdict", "head_cv_unweighted", "head_gini", "head_theil", "head_note",
    "head_school_code", "head_school", "head_school_type", "head_met_count", "head_shortfall",
    "head_part", "head_margin", "head_reasons", "head_item", "head_content", "head_files",
    "head_most_frequent", "head_severity", "head_rule", "head_place", "head_column", "head_seen",
    "head_expected", "head_message", "head_remedy", "head_finding_id", "head_level", "head_fired",
    "head_fired_counties", "head_fired_schools", "head_why", "head_basis", "head_rule_id",
    // verdicts, states, severities
    "verdict_met", "verdict_not_met", "verdict_incomplete", "state_met", "state_not_met",
    "state_incomplete", "state_held", "severity_error", "severity_query", "severity_info",
    "status_accepted", "status_replaced", "status_rejected", "part_resources", "part_balance",
    "reason_nothing_received",
    // notes and method
    "note_overview", "note_incomplete", "note_ranking", "note_prefectures", "note_balance",
    "note_balance_provisional", "note_reference", "note_single_unit", "note_schools_colours",
    "note_limits", "note_margin", "note_findings_by_county", "note_findings_all",
    "note_findings_rules", "method_basis", "method_run", "method_period", "method_pipeline",
    "method_program", "method_scope", "method_scope_text", "method_split", "method_split_text",
    "method_school_rule", "method_cv", "method_cv_text", "method_source", "method_rounding",
    "method_rounding_text", "method_missing", "method_missing_text", "method_input",
    // how cells were read
    "why_text_number", "why_spaces", "why_width", "why_thousands", "why_point", "why_unit",
    "why_residue", "why_date_as_year", "why_percent", "why_text_date", "means_not_applicable",
    "means_zero", "means_missing", "wanted_text", "wanted_code", "wanted_choice",
    "wanted_yes_no", "wanted_year", "wanted_date", "wanted_count", "wanted_number",
    "wanted_percent", "found_xls", "found_xlsb", "found_ods", "found_zip", "found_html",
    "found_xml", "found_pdf", "found_text", "found_empty", "found_other",
];

/// Words with slots.
pub const PHRASES: &[(&str, &[&str])] = &[
    ("book_rankings", &["title", "period"]),
    ("book_findings", &["title", "period"]),
    ("sheet_title", &["title", "period", "sheet"]),
    ("unit_name", &["school", "stage"]),
    ("prefecture_met", &["met", "all"]),
    ("reason_held", &["rule", "count"]),
    ("reason_stage_without_units", &["stage"]),
    ("reason_units", &["stage", "units", "met", "not_met", "incomplete"]),
    ("reason_unit", &["unit_name", "met", "details"]),
    ("reason_unit_missing", &["unit_name", "indicators"]),
    ("reason_below_limit", &["indicator", "value", "bound", "unit"]),
    ("reason_below_floor", &["indicator", "value", "bound", "unit"]),
    ("reason_more", &["count"]),
    ("reason_cv_above", &["stage", "indicator", "cv", "limit"]),
    ("reason_cv_missing", &["stage", "indicator", "count"]),
    ("reason_cv_single", &["stage", "indicator"]),
    ("reason_cv_printed", &["stage", "indicator", "cv", "printed"]),
    ("note_missing_units", &["count"]),
    ("note_printed_flips", &["value"]),
    ("note_schools", &["least", "floor"]),
    ("shortfall_floor", &["line", "lacking", "resource"]),
    ("shortfall_not_met", &["line", "lacking", "resource"]),
    ("shortfall_missing", &["line"]),
    ("shortfall_printed", &["line", "value"]),
    ("method_school_rule_text", &["least", "floor", "basis"]),
    ("method_cv_limit", &["stage"]),
];
