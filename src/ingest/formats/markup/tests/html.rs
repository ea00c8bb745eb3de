//! HTML pages as systems and spreadsheets write them.

use encoding_rs::GB18030;

use super::*;

#[test]
fn a_page_in_gb2312_with_a_title_table() {
    let page = "<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><head>\
        <meta http-equiv=Content-Type content=\"text/html; charset=gb2312\">\
        <style>td.t {mso-number-format:\"\\@\";}</style></head><body>\
        <table><tr><td colspan=3 align=center>某县2024年学校汇总表</td></tr></table>\
        填报单位：教育局<br>\
        <table border=1><tr><th>学校代码<th>学校名称<th>学生数</tr>\
        <tr><td class=t>0012345678<td>第一小学<td x:num>1200\
        <tr><td>3301061990010112345<td>第二&nbsp;小学<br>（分校）<td>1,300</tr></table></body></html>";
    let (bytes, _, _) = GB18030.encode(page);
    let sheets = read_html(&bytes, "title", &limits()).unwrap();
    let sheet = &sheets[0];
    assert_eq!(
        shown(sheet),
        "0 0:某县2024年学校汇总表\n1 0:填报单位：教育局\n2 0:学校代码 1:学校名称 2:学生数\n\
         3 0:0012345678 1:第一小学 2:1200#\n4 0:3301061990010112345 1:第二 小学|（分校） 2:1,300"
    );
    assert_eq!(sheet.merges, [(0, 0, 0, 2)]);
    assert_eq!((sheet.name.as_str(), &sheet.damaged), ("title", &None));
    // Without a declaration, and with a wrong one, the bytes decide.
    let bare = page.replace("charset=gb2312", "");
    let (bytes, _, _) = GB18030.encode(&bare);
    assert_eq!(read_html(&bytes, "title", &limits()).unwrap()[0], *sheet);
    assert_eq!(html(page), *sheet);
    let wide: Vec<u8> = [0xFF, 0xFE]
        .into_iter()
        .chain(page.encode_utf16().flat_map(u16::to_le_bytes))
        .collect();
    assert_eq!(read_html(&wide, "title", &limits()).unwrap()[0], *sheet);
}

#[test]
fn headers_of_three_rows() {
    let sheet = html(
        "<table><thead><tr><td rowspan=3>学校<td colspan=4>学生<td rowspan=3>教师\
         <tr><td colspan=2>小学<td colspan='2'>初中<tr><td>男<td>女<td>男<td>女</thead>\
         <tbody><tr><td>一小<td>1<td>2<td>3<td>4<td>5</table>",
    );
    assert_eq!(
        shown(&sheet),
        "0 0:学校 1:学生 5:教师\n1 1:小学 3:初中\n2 1:男 2:女 3:男 4:女\n3 0:一小 1:1# 2:2# 3:3# 4:4# 5:5#"
    );
    let merges = [
        (0, 0, 2, 0),
        (0, 1, 0, 4),
        (0, 5, 2, 5),
        (1, 1, 1, 2),
        (1, 3, 1, 4),
    ];
    assert_eq!(sheet.merges, merges);
}

#[test]
fn spans_are_bounded() {
    let sheet = html(
        "<table><tr><td rowspan=1000000 colspan=1000000000>a<td rowspan=99999999999999999999>b\
         <tr><td>c<tr><td rowspan=0 colspan=0>d<td rowspan=-1 colspan=x>e</table>",
    );
    assert_eq!(shown(&sheet), "0 0:a 1000:b\n1 1001:c\n2 1001:d 1002:e");
    assert_eq!(sheet.merges, [(0, 0, 2, 999), (0, 1000, 2, 1000)]);
    // A cell does not reach into the next group of rows.
    let sheet = html("<table><thead><tr><td rowspan=9>a<td>b</thead><tr><td>c<td>d</table>");
    assert_eq!(
        (shown(&sheet).as_str(), sheet.merges.len()),
        ("0 0:a 1:b\n1 0:c 1:d", 0)
    );
}

#[test]
fn a_page_that_excel_saved() {
    let sheet = html(
        "<html><head><!--[if gte mso 9]><xml><x:ExcelWorkbook><x:ExcelWorksheets><x:ExcelWorksheet>\
         <x:Name>表一</x:Name><x:WorksheetOptions><x:Selected/></x:WorksheetOptions></x:ExcelWorksheet>\
         </x:ExcelWorksheets></x:ExcelWorkbook></xml><![endif]-->\
         <style><!--table {mso-displayed-decimal-separator:\"\\.\";}\
         .p {mso-number-format:\"0\\.00%\";} .d {mso-number-format:\"yyyy\\0022年\\0022\";} --></style></head><body>\
         <table x:str><col width=72><col width=0 span=2 style='display:none'>\
         <tr><td>12<td style='display:none'>x<td>y<td class=p x:num=\"0.85299999999999998\">85.30%\
         <td class=d x:num=\"45000\">####<td x:num x:fmla=\"=A1\">7<td x:err=\"#N/A\">#N/A<td x:bool=\"TRUE\">TRUE\
         <tr style='display:none'><td>z</tr><![if supportMisalignedColumns]>\
         <tr height=0 style='display:none'><td width=72></td></tr><![endif]></table></body></html>",
    );
    assert_eq!(
        sheet.cells,
        [
            (0, 0, text("12")),
            (0, 1, text("x")),
            (0, 2, text("y")),
            (0, 3, Cell::Number(0.853)),
            (0, 4, Cell::DateTime(45_000.0, false)),
            (0, 5, Cell::Number(7.0)),
            (0, 6, Cell::Error("#N/A".to_string())),
            (0, 7, Cell::Bool(true)),
            (1, 0, text("z")),
        ]
    );
    assert_eq!(sheet.name, "表一");
    assert_eq!(sheet.percent, [(0, 3)]);
    assert_eq!(
        (sheet.hidden_rows, sheet.hidden_cols),
        (vec![1], vec![(1, 2)])
    );
}

#[test]
fn a_page_that_wps_saved() {
    let sheet = html(
        "<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><head><meta charset=utf-8><xml><x:ExcelWorkbook>\
         <x:ExcelWorksheets><x:ExcelWorksheet><x:Name>表</x:Name></x:ExcelWorksheet></x:ExcelWorksheets></x:ExcelWorkbook>\
         <x:ExcelName><x:Name>Print_Area</x:Name></x:ExcelName></xml></head><body><table width=\"1\" style='width:1pt'>\
         <col span=\"2\" class=\"a\" style='mso-width-source:userset;'/><col width=\"0\" style='display:none;'/>\
         <tr><td colspan=3 style='mso-ignore:colspan'>长的一行<ruby>字<rt>zi</rt></ruby></td><td class=\"b\" x:str>学校\
         <span style='mso-spacerun:yes;'>&nbsp;</span></td></tr><tr><td rowspan=2>a</td><td x:num=\"7.\">7</td><td>x</td>\
         <td colspan=2 rowspan=2 style='border:0;mso-ignore:colspan-rowspan'></td></tr></table></body></html>",
    );
    assert_eq!(shown(&sheet), "0 0:长的一行字 3:学校\n1 0:a 1:7# 2:x");
    assert_eq!((sheet.name.as_str(), sheet.merges.len()), ("表", 0));
    assert_eq!(sheet.hidden_cols, [(2, 2)]);
}

#[test]
fn texts_that_look_like_numbers() {
    let sheet = html(
        "<style>.t{mso-number-format:'\\@'}</style><table><tr><td x:str>1<td class='a t'>2\
         <td style='vnd.ms-excel.numberformat:@'>3<td style=\"mso-number-format:'\\@';color:red\">4<td>007\
         <td>123456789012<td>12345678901<td>85.3%<td>=\"008\"<td>=SUM(A1:B2)<td x:num>330106199001011234\
         <td sdval='0.5' sdnum='1033;0;0.0%'>50.0%<tr class=t><td>9<td class=x style='mso-number-format:0'>9</table>",
    );
    let wanted = "0 0:1 1:2 2:3 3:4 4:007 5:123456789012 6:12345678901# 7:85.3% 8:008 9:NotCached \
                  10:330106199001011234 11:0.5#\n1 0:9 1:9#";
    assert_eq!(shown(&sheet), wanted);
    assert_eq!(sheet.percent, [(0, 11)]);
}

#[test]
fn what_is_not_shown() {
    let sheet = html(
        "<head><title>t</title><script>var a='<table><tr><td>x';</script></head><body><!-- <table> -->\
         <div style='display:none'>gone <b>too</b></div><table><tr><td>a<span style='display:none'>b<span>c</span></span>d\
         <td style='display:none'>e<td><select><option>f<option selected>g<option>h</select>\
         <td><input type=hidden value=i><input value='j'><td><textarea>k\n<b></textarea><td><style>l</style>m&lt;&#20013;</table>",
    );
    assert_eq!(shown(&sheet), "0 0:ad 1:g 2:j 3:k <b> 4:m<中");
    let sheet = html(
        "<div style='display:none'><table><tr><td>a</table></div><table hidden><tr><td>b</table>",
    );
    assert_eq!(
        (shown(&sheet).as_str(), sheet.hidden_rows),
        ("0 0:a\n1 0:b", vec![0, 1])
    );
}

#[test]
fn sloppy_tables() {
    let rows = "0 0:1# 1:2#\n1 0:3# 1:4#";
    for page in [
        "<table><tr><td>1</td><td>2</td></tr><tr><td>3</td><td>4</td></tr></table>",
        "<TABLE><TR><TD>1<TD>2<TR><TD>3<TD>4</TABLE>",
        "<table><td>1<td>2<tr><td>3<td>4</table>",
        "<tr><td>1<td>2<tr><td>3<td>4</table>",
        "<table><tbody><tr><td>1<td>2</tbody></table><table><tr><td>3<td>4</table>",
        "<table><tr><td>1<td>2<tr><table><tr><td>3<td>4</table></table>",
        "<table><form><tr><td>1<td>2</tr></form><tr><td>3<td>4</table></table></td>",
        "<table><tr><td>1</td>\n <td><p>2</p></td></tr><tr><td><div>3</div><td><font>\u{a0}4 </font></tr></table>",
        "<html><body><table><tr><td>1<td>2<tr><td>3<td>4</body></html>",
    ] {
        let sheet = html(page);
        // A row that holds only a table that must not be there is an empty one.
        let cells = shown(&sheet).replace("\n2 ", "\n1 ");
        assert_eq!((cells.as_str(), sheet.damaged), (rows, None), "{page}");
    }
    let sheet = html("<table><caption>c<tr>x<td>1</td>y</tr></table>z");
    assert_eq!(shown(&sheet), "0 0:c\n1 0:1#\n2 0:x\n3 0:y\n4 0:z");
}

#[test]
fn tables_inside_cells() {
    // Shaping a text.
    let sheet =
        html("<table><tr><td>a<table><tr><td>b<td>c</table>d<td><table><tr><td>5</table></table>");
    assert_eq!(shown(&sheet), "0 0:a|b c|d 1:5#");
    // Shaping the page.
    let sheet = html(
        "<table><tr><td>t<tr><td><table><tr><td>1<td>2<tr><td>3<td>4</table><tr><td>e<table><tr><td>5<td>6<tr><td>7<td>8\
         </table></table>",
    );
    assert_eq!(
        shown(&sheet),
        "0 0:t\n1 0:1# 1:2#\n2 0:3# 1:4#\n3 0:e\n4 0:5# 1:6#\n5 0:7# 1:8#"
    );
    assert_eq!(sheet.merges, [(0, 0, 0, 1)]);
    // Side by side, with a cell above both and a higher one.
    let inner = |a| {
        format!(
            "<table style='x'><tr><td>{a}<td colspan=2>{a}<tr style='display:none'><td>{a}</table>"
        )
    };
    let sheet = html(&format!(
        "<table><tr><td colspan=2>t<td>u<tr><td>{}<td>{}<td>v</table>",
        inner("a"),
        inner("b")
    ));
    assert_eq!(shown(&sheet), "0 0:t 6:u\n1 0:a 1:a 3:b 4:b 6:v\n2 0:a 3:b");
    let merges = [(0, 0, 0, 5), (1, 6, 2, 6), (1, 1, 1, 2), (1, 4, 1, 5)];
    assert_eq!(
        (sheet.merges.as_slice(), sheet.hidden_rows),
        (merges.as_slice(), vec![2, 2])
    );
}

#[test]
fn tables_in_cells_that_overlap() {
    // A table in a cell that reaches beyond its group of rows.
    let inner = "<table><tr><td>1<td>2<tr><td>3</table>";
    let sheet = html(&format!(
        "<table><thead><tr><td rowspan=2>{inner}<td>a</thead><tr><td>b<td>c</table>"
    ));
    assert_eq!(shown(&sheet), "0 0:1# 1:2# 2:a\n1 0:3#\n2 0:b 2:c");
    assert_eq!(
        (sheet.merges, sheet.damaged),
        (vec![(0, 2, 1, 2), (2, 0, 2, 1)], None)
    );
    // Spans that overlap.
    let sheet = html(&format!(
        "<table><tr><td>a<td rowspan=2>{inner}<tr><td colspan=2>{inner}<tr><td>b</table>"
    ));
    assert_eq!(shown(&sheet).matches("1#").count(), 2);
}

#[test]
fn pages_that_break_off() {
    let page = "<html><body><table><tr><td>1<td>2</tr><tr><td>3<td>45</tr></table></body></html>";
    let whole = html(page);
    for cut in 0..page.len() {
        let Ok(sheets) = read_html(&page.as_bytes()[..cut], "title", &limits()) else {
            assert!(cut <= 18, "{cut}");
            continue;
        };
        let sheet = &sheets[0];
        let end = page.find("</table>").unwrap() + 8;
        let inside = cut < end || (end < cut && cut < page.find("</body>").unwrap() + 7);
        assert_eq!(sheet.damaged.is_some(), inside, "{cut}");
        // What was read is a beginning of the whole.
        assert!(whole.cells.starts_with(&sheet.cells), "{cut}");
    }
}

#[test]
fn no_tables() {
    let read = |page: &[u8]| read_html(page, "title", &limits());
    assert_eq!(read(b""), Err(Refusal::NotTable));
    assert_eq!(
        read(b"<html><body>text</body></html>"),
        Err(Refusal::NotTable)
    );
    assert_eq!(
        read(b"<!DOCTYPE html [<!ENTITY a 'b'>]><table>"),
        Err(Refusal::Entities)
    );
    let frames =
        b"<html><frameset rows='*,39'><frame src='a.files/sheet001.htm'></frameset></html>";
    assert!(matches!(read(frames), Err(Refusal::Damaged(why)) if why.contains("other files")));
    let archive = b"MIME-Version: 1.0\r\nContent-Type: multipart/related\r\n\r\n<table>";
    assert!(matches!(read(archive), Err(Refusal::Damaged(why)) if why.contains("archive")));
    let broken = read(b"<meta charset=gbk><table><tr><td>a\xFFb</table>").unwrap();
    assert!(broken[0].damaged.is_some());
}
