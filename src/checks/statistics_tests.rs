//! Each function against golden values to 1e-9. They were computed by other ways in Python, outside the repository: numpy for
//! quantiles and medians and loops over pairs for the lines; exact fractions of whole numbers for binomial tails; for chi-square
//! with 9 degrees of freedom the closed form of erfc and a finite sum. Small ones are by hand.

use super::*;

const CLOSE: f64 = 1e-9;

/// Equal to 1e-9 of the larger of 1 and the value.
fn assert_close(actual: f64, golden: f64) {
    let apart = (actual - golden).abs();
    assert!(
        apart <= CLOSE * golden.abs().max(1.0),
        "{actual} is not {golden}"
    );
}

/// Equal to 1e-9 of the value itself, however small.
fn assert_relatively_close(actual: f64, golden: f64) {
    assert!(
        (actual / golden - 1.0).abs() <= CLOSE,
        "{actual:e} is not {golden:e}"
    );
}

fn assert_all_close(actual: &[f64], golden: &[f64]) {
    assert_eq!(actual.len(), golden.len());
    for (&a, &g) in actual.iter().zip(golden) {
        assert_close(a, g);
    }
}

const NAN: f64 = f64::NAN;

#[test]
fn quantiles_are_of_type_seven() {
    let sorted = [1.0, 2.0, 4.0, 7.0, 11.0, 16.0];
    let at = |p| quantile(&sorted, p).unwrap();
    // Type 6 would give 1.75 at the quartile, type 5 gives 2, type 8 gives 1.9167.
    assert_all_close(
        &[at(0.1), at(0.25), at(0.5), at(0.9)],
        &[1.5, 2.5, 5.5, 13.5],
    );
    assert_all_close(
        &[at(0.0), at(1.0), at(-1.0), at(2.0)],
        &[1.0, 16.0, 1.0, 16.0],
    );
    assert_eq!(quantile(&[3.0], 0.9), Some(3.0));
    assert_eq!(quantile(&[], 0.5), None);
}

#[test]
fn medians_of_odd_even_and_no_values() {
    assert_eq!(median(&[9.0, 1.0, 4.0]), Some(4.0));
    assert_eq!(median(&[9.0, 1.0, 4.0, 6.0]), Some(5.0));
    assert_eq!(median(&[NAN, 2.0, f64::INFINITY]), Some(2.0));
    assert_eq!(median(&[]), None);
    assert_eq!(
        median_absolute_deviation(&[1.0, 2.0, 4.0, 8.0, 20.0]),
        Some(3.0)
    );
    assert_eq!(median_absolute_deviation(&[1.0, 2.0, 4.0, 8.0]), Some(1.5));
    assert_eq!(median_absolute_deviation(&[NAN]), None);
}

#[test]
fn modified_z_by_median_absolute_deviation() {
    let odd = modified_z(&[1.0, 2.0, 4.0, 8.0, 20.0]);
    assert_all_close(
        &odd,
        &[
            -0.6745,
            -0.449_666_666_666_666_66,
            0.0,
            0.899_333_333_333_333_3,
            3.597_333_333_333_333_3,
        ],
    );
    let even = modified_z(&[1.0, 2.0, 4.0, 8.0, 20.0, 21.0]);
    assert_all_close(
        &even,
        &[
            -0.749_444_444_444_444_5,
            -0.599_555_555_555_555_5,
            -0.299_777_777_777_777_75,
            0.299_777_777_777_777_75,
            2.098_444_444_444_444_6,
            2.248_333_333_333_333,
        ],
    );
}

#[test]
fn modified_z_falls_back_where_most_are_equal() {
    let z = modified_z(&[5.0, 5.0, 5.0, 5.0, 9.0, 2.0]);
    assert_all_close(
        &z,
        &[
            0.0,
            0.0,
            0.0,
            0.0,
            2.735_604_508_185_042_4,
            -2.051_703_381_138_781_7,
        ],
    );
    assert_eq!(modified_z(&[7.0; 4]), [0.0; 4]);
    assert_eq!(modified_z(&[NAN, 3.0]), [0.0; 2]);
    assert!(modified_z(&[]).is_empty());
}

const XS: [f64; 6] = [1.0, 2.0, 2.0, 4.0, 7.0, 10.0];
const YS: [f64; 6] = [2.0, 3.0, 9.0, 5.0, 12.0, 11.0];

fn line_of(count: usize, all_pairs_until: usize) -> [f64; 2] {
    let line = robust_line(&XS[..count], &YS[..count], all_pairs_until).unwrap();
    [line.intercept, line.slope]
}

#[test]
fn the_line_of_all_pairs_skips_equal_sizes() {
    assert_all_close(&line_of(5, 1000), &[1.0, 1.0]);
    let same_size = robust_line(&[3.0; 3], &[1.0, 5.0, 2.0], 1000).unwrap();
    assert_eq!((same_size.intercept, same_size.slope), (2.0, 0.0));
}

#[test]
fn the_line_between_halves() {
    // Slopes 1 and 1.8 of five points, the third left out; 1, 1.8 and 0.25 of six.
    assert_all_close(&line_of(5, 4), &[0.6, 1.4]);
    assert_all_close(&line_of(6, 5), &[1.0, 1.0]);
    let (mut xs, mut ys) = (XS, YS);
    xs.reverse();
    ys.reverse();
    assert_eq!(robust_line(&xs, &ys, 5), robust_line(&XS, &YS, 5));
}

#[test]
fn the_line_of_few_points() {
    assert_eq!(robust_line(&[], &[], 10), None);
    assert_eq!(robust_line(&[NAN], &[1.0], 10), None);
    assert_eq!(
        robust_line(&[4.0], &[7.0], 10),
        Some(Line {
            intercept: 7.0,
            slope: 0.0
        })
    );
    assert_eq!(
        robust_line(&[0.0, 2.0], &[1.0, 5.0], 10),
        Some(Line {
            intercept: 1.0,
            slope: 2.0
        })
    );
}

#[test]
fn residuals_about_the_line_in_size() {
    let sizes = [100.0, 200.0, 400.0, 800.0, 1600.0, 0.0, 300.0, 50.0];
    let values = [500.0, 900.0, 21_000.0, 3100.0, 6000.0, 700.0, -1.0, NAN];
    let result = size_residuals(&sizes, &values, 1000);
    assert_eq!(judged(&result.units), 5);
    assert_eq!(result.units[5..], [None, None, None]);
    let line = result.line.unwrap();
    assert_all_close(
        &[line.intercept, line.slope],
        &[2.096_719_536_230_033, 0.894_188_139_826_285],
    );
    let units: Vec<SizeResidual> = result.units.into_iter().flatten().collect();
    assert_all_close(
        &units.iter().map(|u| u.z).collect::<Vec<_>>(),
        &[
            0.0,
            -0.6745,
            52.625_966_636_556_846,
            -0.734_442_169_681_571_7,
            0.119_884_339_363_143_33,
        ],
    );
    assert_all_close(
        &units.iter().map(|u| u.factor).collect::<Vec<_>>(),
        &[
            1.0,
            1.032_535_391_872_931_2,
            12.158_902_800_705_665,
            1.035_477_498_961_651_3,
            1.005_706_920_523_864_7,
        ],
    );
    assert_all_close(
        &units.iter().map(|u| u.fitted).collect::<Vec<_>>(),
        &[
            500.0,
            929.281_852_685_638_2,
            1_727.129_523_461_706_6,
            3_209.980_246_781_118,
            5_965.952_781_626_126,
        ],
    );
}

#[test]
fn residuals_without_spread_are_zero() {
    let sizes = [100.0, 170.0, 330.0, 790.0];
    let values = sizes.map(|s| s * 5.3);
    for unit in size_residuals(&sizes, &values, 1000)
        .units
        .into_iter()
        .flatten()
    {
        assert_eq!((unit.z, unit.factor), (0.0, 1.0));
    }
    // One alone among equal ones: the mean deviation takes the place of a median deviation of 0.
    let with_one = size_residuals(
        &[100.0, 170.0, 330.0, 790.0, 400.0],
        &[530.0, 901.0, 1749.0, 4187.0, 21_200.0],
        1000,
    );
    let last = with_one.units[4].unwrap();
    assert_close(last.factor, 10.0);
    assert_close(last.z, 5.0 / 1.253_314);
    let none = size_residuals(&[0.0], &[3.0], 1000);
    assert_eq!((none.line, none.units), (None, vec![None]));
    assert_eq!(
        judged(&size_residuals(&[20.0, 30.0], &[5.0, 1.0], 1000).units),
        2
    );
    assert!(size_residuals(&[], &[], 1000).units.is_empty());
}

const TENTH: FunnelSettings = FunnelSettings {
    winsor_share: 0.1,
    phi_divisor: 0.7,
};

#[test]
fn funnel_with_overdispersion() {
    let sizes = [100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 0.0, 10.0];
    let counts = [2.0, 15.0, 12.0, 40.0, 10.0, 90.0, 3.0, NAN];
    let result = funnel(&sizes, &counts, TENTH);
    assert_eq!(result.units[6..], [None, None]);
    assert_all_close(&[result.rate, result.phi], &[0.0575, 12.220_113_094_129_74]);
    let units: Vec<FunnelUnit> = result.units.iter().copied().flatten().collect();
    assert_all_close(
        &units.iter().map(|u| u.z).collect::<Vec<_>>(),
        &[
            -0.505_037_273_903_043_3,
            0.292_672_304_759_363_5,
            -0.372_180_679_406_900_1,
            0.884_100_005_053_585_9,
            -1.231_515_572_818_779_7,
            2.072_401_339_151_402,
        ],
    );
    assert_all_close(
        &units.iter().map(|u| u.expected).collect::<Vec<_>>(),
        &[5.75, 11.5, 17.25, 23.0, 28.75, 34.5],
    );
    let range = result.range(23.0, 4.0);
    assert_all_close(&[range.low, range.high], &[0.0, 138.872_119_851_589_84]);
    assert_close(result.range(1.0, 4.0).high, 64.461_569_519_011_48);
    // The range undoes z: at its own z each count is an end of the range.
    let high = result.range(23.0, units[3].z);
    assert_close(high.high, 40.0);
    let low = result.range(17.25, -units[2].z);
    assert_close(low.low, 12.0);
}

#[test]
fn funnel_without_overdispersion_or_expectation() {
    let calm = funnel(
        &[100.0, 200.0, 300.0, 400.0],
        &[5.0, 10.0, 15.0, 20.0],
        TENTH,
    );
    assert_eq!(calm.phi, 1.0);
    assert_close(calm.units[0].unwrap().z, 0.109_116_678_679_143_32);
    let nothing = funnel(&[100.0, 200.0, 300.0], &[0.0, 0.0, 40.0], TENTH);
    assert_eq!(
        (nothing.rate, nothing.phi, judged(&nothing.units)),
        (0.0, 1.0, 0)
    );
    assert_eq!(judged(&funnel(&[], &[], TENTH).units), 0);
    assert!(
        funnel(&[80.0], &[4.0], TENTH).units[0]
            .unwrap()
            .z
            .is_finite()
    );
}

const KOSTRA_BUT_C4: HidiroglouBerthelotSettings = HidiroglouBerthelotSettings {
    u: 0.5,
    a: 0.05,
    c: 4.0,
};

fn column(result: &HidiroglouBerthelot, of: impl Fn(&ChangeUnit) -> f64) -> Vec<f64> {
    result.units.iter().flatten().map(of).collect()
}

#[test]
fn changes_leave_out_zero_and_missing() {
    let last = [100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 0.0, 50.0, NAN];
    let now = [110.0, 190.0, 330.0, 400.0, 525.0, 3000.0, 7.0, 0.0, 3.0];
    let result = hidiroglou_berthelot(&last, &now, KOSTRA_BUT_C4);
    assert_eq!(result.units[6..], [None, None, None]);
    assert_eq!((judged(&result.units), result.unchanged_left_out), (6, 0));
    assert_all_close(
        &[result.median_ratio, result.lower, result.upper],
        &[1.075, -4.593_091_188_892_278, 1.963_751_091_475_759_9],
    );
    assert_all_close(
        &column(&result, |u| u.score),
        &[
            0.243_909_034_458_172_89,
            -1.860_807_318_911_969_8,
            0.422_462_840_106_623_44,
            -1.5,
            -0.545_544_725_589_984,
            199.982_422_158_862_96,
        ],
    );
    let flagged: Vec<bool> = result.units.iter().flatten().map(|u| u.flagged).collect();
    assert_eq!(flagged, [false, false, false, false, false, true]);
    assert_all_close(
        &column(&result, |u| u.allowed.low),
        &[
            0.747_600_344_541_562_7,
            0.811_455_123_952_254,
            0.858_049_585_715_405_7,
            0.874_229_263_611_672_4,
            0.895_490_857_496_273_1,
            0.991_827_353_285_769_3,
        ],
    );
    assert_all_close(
        &column(&result, |u| u.allowed.high),
        &[
            1.276_279_044_033_576_5,
            1.224_272_534_184_587,
            1.191_208_510_255_015_8,
            1.180_551_621_166_822_3,
            1.167_133_008_328_051,
            1.113_542_002_596_205_7,
        ],
    );
}

#[test]
fn changes_leave_out_the_unchanged_when_they_are_half() {
    let last = [100.0, 200.0, 300.0, 400.0, 500.0, 600.0, 700.0, 800.0];
    let now = [100.0, 200.0, 300.0, 400.0, 550.0, 570.0, 770.0, 8800.0];
    let result = hidiroglou_berthelot(&last, &now, KOSTRA_BUT_C4);
    assert_eq!((judged(&result.units), result.unchanged_left_out), (4, 4));
    assert_eq!(result.units[..4], [None; 4]);
    assert_all_close(
        &[result.median_ratio, result.lower, result.upper],
        &[1.1, -3.867_615_383_341_861, 844.274_836_768_217_4],
    );
    assert_all_close(
        &column(&result, |u| u.allowed.high),
        &[40.7, 39.014_113_467_150_99, 34.568_108_487_249_26, 11.0],
    );
    // Every pair unchanged: nothing to judge.
    let still = hidiroglou_berthelot(&last, &last, KOSTRA_BUT_C4);
    assert_eq!(
        (
            judged(&still.units),
            still.unchanged_left_out,
            still.median_ratio
        ),
        (0, 8, 1.0)
    );
}

#[test]
fn changes_have_a_width_where_the_median_score_is_zero() {
    let now = [10.0, 10.0, 10.0, 11.0, 12.0, 13.0, 14.0];
    let result = hidiroglou_berthelot(&[10.0; 7], &now, KOSTRA_BUT_C4);
    assert_eq!((judged(&result.units), result.unchanged_left_out), (7, 0));
    assert_all_close(
        &[result.median_ratio, result.lower, result.upper],
        &[1.1, -1.264_911_064_067_352_9, 1.940_946_212_011_949_6],
    );
    // All grew by a tenth but for binary noise: the quartiles are 0, and the width is A times C = 0.2.
    let last = [3.0, 7.0, 11.0, 13.0, 17.0];
    let same = hidiroglou_berthelot(&last, &last.map(|v| v * 1.1), KOSTRA_BUT_C4);
    assert_all_close(&[same.lower, same.upper], &[-0.2, 0.2]);
    assert!(same.units.iter().flatten().all(|u| !u.flagged));
}

#[test]
fn changes_of_few_units() {
    let none = hidiroglou_berthelot(&[], &[], KOSTRA_BUT_C4);
    assert_eq!(
        (none.median_ratio, none.lower, none.upper),
        (1.0, -0.2, 0.2)
    );
    let two = hidiroglou_berthelot(&[10.0, 10.0], &[12.0, 8.0], KOSTRA_BUT_C4);
    assert_eq!(two.units.iter().flatten().filter(|u| u.flagged).count(), 0);
}

#[test]
fn unit_errors_against_last_year() {
    let thousand = unit_change(1.5, 1200.0, 2.5).unwrap();
    assert_close(thousand.log10, 2.903_089_986_991_943_8);
    assert_eq!((thousand.factor, thousand.suggestion), (1000.0, 1.2));
    let small = unit_change(1000.0, 3.0, 2.5).unwrap();
    assert_close(small.log10, -2.522_878_745_280_337_4);
    assert_eq!((small.factor, small.suggestion), (1000.0, 3000.0));
    assert_eq!(unit_change(10.0, 1000.0, 2.5), None);
    assert_eq!(unit_change(0.0, 1000.0, 2.5), None);
    assert_eq!(unit_change(10.0, NAN, 2.5), None);
    // A million times: the suggestion stays at the largest known factor.
    assert_eq!(unit_change(1.0, 1e6, 2.5).map(|e| e.factor), Some(10_000.0));
}

#[test]
fn unit_errors_against_the_fit() {
    assert_eq!(
        unit_misfit(30.0, 300.0, 10.0).map(|e| (e.factor, e.suggestion)),
        Some((10.0, 30.0))
    );
    assert_eq!(
        unit_misfit(300.0, 30.0, 10.0).map(|e| (e.factor, e.suggestion)),
        Some((10.0, 300.0))
    );
    assert_eq!(
        unit_misfit(30.0, 16_000.0, 10.0).map(|e| e.factor),
        Some(1000.0)
    );
    assert_eq!(unit_misfit(30.0, 299.0, 10.0), None);
    assert_eq!(unit_misfit(30.0, 0.0, 10.0), None);
    assert_eq!(unit_misfit(0.0, 5.0, 10.0), None);
}

#[test]
fn binomial_tails() {
    for (k, n, p, golden) in [
        (0, 10, 0.5, 1.0),
        (7, 10, 0.5, 0.171_875),
        (10, 10, 0.2, 1.024e-7),
        (3, 12, 0.2, 0.441_654_251_52),
        (1, 12, 0.2, 0.931_280_523_264),
        (60, 80, 0.5, 4.290_279_933_524_806e-6),
        (29, 80, 0.2, 5.431_690_460_382_531e-4),
        (1200, 2000, 0.5, 1.752_503_103_467_822_6e-19),
        (20_500, 100_000, 0.2, 4.116_802_947_846_327e-5),
        (50_500, 100_000, 0.5, 7.911_799_394_257_978e-4),
        (19_000, 100_000, 0.2, 0.999_999_999_999_999_1),
    ] {
        assert_relatively_close(binomial_upper_tail(k, n, p), golden);
    }
    assert_eq!(binomial_upper_tail(0, 0, 0.5), 1.0);
    assert_eq!(binomial_upper_tail(5, 4, 0.5), 0.0);
    assert_eq!(
        (
            binomial_upper_tail(1, 4, 0.0),
            binomial_upper_tail(4, 4, 1.0)
        ),
        (0.0, 1.0)
    );
    assert_eq!(binomial_upper_tail(1, 4, NAN), 0.0);
}

#[test]
fn chi_square_tails() {
    for (statistic, degrees, golden) in [
        (0.5, 9, 0.999_969_566_258_838_9),
        (4.0, 9, 0.911_412_526_831_679_4),
        (9.0, 9, 0.437_274_188_913_867_1),
        (16.918_977_604_620_448, 9, 0.05),
        (21.665_994_333_461_924, 9, 0.01),
        (60.0, 9, 1.340_678_048_396_151_5e-9),
        (200.0, 9, 3.312_992_393_909_554e-38),
        (3.0, 2, 0.223_130_160_148_429_82),
        (3.841_458_820_694_124, 1, 0.05),
        (30.0, 10, 8.566_412_107_753_004e-4),
    ] {
        assert_relatively_close(chi_square_upper_tail(statistic, degrees), golden);
    }
    assert_eq!(chi_square_upper_tail(0.0, 9), 1.0);
    assert_eq!(chi_square_upper_tail(NAN, 9), 1.0);
}

#[test]
fn bunching_counts_both_windows() {
    // 4.2 x 1.05 = 4.41 and 4.2 x 0.95 = 3.99: the upper end is outside, the lower end and the limit inside.
    let values = [
        4.2,
        4.3,
        4.41,
        4.409,
        3.99,
        3.98,
        4.19,
        5.0,
        NAN,
        21.0 / 500.0 * 100.0,
    ];
    let result = bunching(&values, 4.2, 0.05);
    assert_eq!((result.above, result.below), (4, 2));
    assert_close(result.p_value, 22.0 / 64.0);
    assert_eq!(result.ratio(), Some(2.0));
    assert!(
        result.is_beyond(0.5, 2.0) && !result.is_beyond(0.3, 2.0) && !result.is_beyond(0.5, 2.1)
    );
    let only_above = bunching(&[1.0; 12], 1.0, 0.05);
    assert_eq!((only_above.above, only_above.ratio()), (12, None));
    assert!(only_above.is_beyond(0.001, 2.0));
    let none = bunching(&[], 4.2, 0.05);
    assert_eq!((none.above, none.below, none.p_value), (0, 0, 1.0));
    assert!(!none.is_beyond(0.001, 2.0));
    // Without a width both windows are empty, whatever stands at the limit.
    assert_eq!(bunching(&values, 4.2, 0.0).above, 0);
}

#[test]
fn last_digits_of_large_whole_numbers() {
    let values = [
        100.0, 105.0, 110.0, 115.0, 120.0, 123.0, 127.0, 130.0, 140.0, 155.0, 160.0, 171.0, 200.5,
        40.0, NAN,
    ];
    let result = last_digits(&values, 100.0);
    assert_eq!(
        (result.counts, result.total),
        ([6, 1, 0, 1, 0, 3, 0, 1, 0, 0], 12)
    );
    assert_close(result.share_of_0_and_5, 0.75);
    assert_relatively_close(result.p_of_0_and_5, 6.219_776e-5);
    assert_close(result.chi_square, 28.0);
    assert_relatively_close(result.p_chi_square, 9.538_672_166_057_472e-4);
    let none = last_digits(&[], 100.0);
    assert_eq!(
        (none.total, none.share_of_0_and_5, none.chi_square),
        (0, 0.0, 0.0)
    );
    assert_eq!((none.p_of_0_and_5, none.p_chi_square), (1.0, 1.0));
}
