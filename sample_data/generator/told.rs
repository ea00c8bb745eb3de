//! What each county tells of itself beside its schools, chosen by hand: surveys, monitoring, points, its own words.

pub struct Told {
    /// 常住人口, as in the pipeline's `counties.csv`.
    pub people: u32,
    /// How many of 100 places at good 高中 are allocated to schools.
    pub quota: u32,
    /// How many of 毕业班学生 the form counts beyond those of the schools.
    pub returned: u32,
    /// 问卷总数, 回收有效, 满意; nothing where the county asked nobody.
    pub survey: Option<[u32; 3]>,
    /// 学业水平 and 校际差异率 of the subjects that were monitored.
    pub monitored: &'static [(&'static str, &'static str, &'static str)],
    /// Items without figures that it says are not met; the others are.
    pub unmet: &'static [&'static str],
    /// Items without figures for which it names no document.
    pub silent: &'static [&'static str],
    /// The veto item that it answers with 是.
    pub veto: &'static str,
    /// Points lost in 县级政府工作自评表, by item; nothing where it sends none.
    pub lost: Option<&'static [(&'static str, f64)]>,
}

const USUAL: Told = Told {
    people: 0,
    quota: 60,
    returned: 0,
    survey: None,
    monitored: &[("math", "Ⅲ", "0.108"), ("pe", "Ⅳ", "0.074")],
    unmet: &[],
    silent: &[],
    veto: "",
    lost: None,
};

pub const CHENGXI: Told = Told {
    people: 213_600,
    survey: Some([640, 628, 601]),
    monitored: &[
        ("chinese", "Ⅳ", "0.092"),
        ("math", "Ⅲ", "0.127"),
        ("science", "Ⅲ", "0.149"),
    ],
    lost: Some(&[("w05", 0.5), ("w10", 1.0), ("w12", 0.5), ("w15", 1.5)]),
    ..USUAL
};

pub const YUNLING: Told = Told {
    people: 284_700,
    survey: Some([640, 625, 520]),
    monitored: &[("chinese", "Ⅲ", "0.131"), ("moral", "Ⅳ", "0.06")],
    unmet: &["q05"],
    lost: Some(&[
        ("w02", 1.0),
        ("w06", 2.0),
        ("w07", 2.5),
        ("w10", 3.0),
        ("w12", 2.0),
        ("w15", 2.5),
        ("w16", 2.0),
    ]),
    ..USUAL
};

pub const DONGPING: Told = Told {
    people: 351_200,
    survey: Some([700, 682, 636]),
    lost: Some(&[
        ("w01", 1.5),
        ("w06", 3.0),
        ("w07", 3.0),
        ("w10", 4.0),
        ("w15", 3.5),
        ("w16", 3.0),
    ]),
    ..USUAL
};

pub const TONGWAN: Told = Told {
    people: 196_500,
    survey: Some([600, 588, 551]),
    ..USUAL
};

pub const WANGCHUAN: Told = Told {
    people: 178_900,
    quota: 48,
    survey: Some([600, 571, 533]),
    silent: &["q05"],
    lost: Some(&[("w06", 1.0), ("w10", 2.0), ("w14", 1.5)]),
    ..USUAL
};

pub const LANQIAO: Told = Told {
    people: 247_300,
    survey: Some([620, 602, 559]),
    veto: "veto_choice",
    // More points than the item has.
    lost: Some(&[("w07", 1.5), ("w10", -1.0), ("w13", 0.5)]),
    ..USUAL
};

pub const LIUYAN: Told = Told {
    people: 165_400,
    returned: 30,
    ..USUAL
};
