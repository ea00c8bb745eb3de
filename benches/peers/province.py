"""The files of a province and the standard, as both scripts know them: names of files, headers, words, limits."""

from typing import NamedTuple

TOLERANCE = 1e-9  # of comparisons with limits: binary floats
SCHOOL_FILE, COUNTY_FILE, SURVEY_FILE = "学校汇总表", "区县填报表", "满意度问卷"

# Headers of 学校汇总表.
SCHOOL_TEXTS = {
    "学校标识码": "school_code",
    "学校名称": "school_name",
    "办学类型": "school_type",
    "举办者类型": "sponsor",
    "城乡类型": "urban_rural",
    "是否寄宿制": "boarding",
}
SCHOOL_NUMBERS = {
    "规划并建成年份": "built_year",
    "高中在校生数": "students_senior",
    "随迁子女在校生数": "migrants",
    "教学及辅助用房面积": "teaching_area",
    "其中:室内体育用房面积": "indoor_sports_area",
    "运动场地面积": "sports_ground_area",
    "教学仪器设备资产值": "equipment_value",
    "网络多媒体教室": "media_rooms",
    "单间面积≥96㎡的音乐教室": "music_large",
    "73㎡≤单间面积<96㎡的音乐教室": "music_middle",
    "54㎡≤单间面积<73㎡的音乐教室": "music_small",
    "单间面积≥90㎡的美术教室": "art_large",
    "67㎡≤单间面积<90㎡的美术教室": "art_middle",
    "54㎡≤单间面积<67㎡的美术教室": "art_small",
    "上年度公用经费预算": "funds_budget",
    "上年度公用经费决算": "funds_final",
    "上年度教师培训经费预算": "training_budget",
    "上年度教师培训经费决算": "training_final",
    "本届毕业学生数": "graduates",
    "三年前初一在校生数": "entrants",
    "三年转入": "came",
    "三年转出": "went",
    "三年死亡": "died",
}
# Headers of a stage: {title} is its title; teachers' headers stand twice, first 小学, then 初中.
STAGE_NUMBERS = {
    "{title}在校生数": "students",
    "家庭住址在划片范围内的{title}在校生数": "catchment",
    "{title}班级数": "classes",
    "{title}25人以下班级数": "class_le25",
    "{title}26-30人班级数": "class_26_30",
    "{title}46-50人班级数": "class_46_50",
    "{title}51-55人班级数": "class_51_55",
    "{title}56-60人班级数": "class_56_60",
    "{title}61-65人班级数": "class_61_65",
    "{title}66人以上班级数": "class_ge66",
    "专任教师数{repeated}": "teachers",
    "其中:专科{repeated}": "college",
    "其中:本科{repeated}": "bachelor",
    "其中:硕士{repeated}": "master",
    "其中:博士{repeated}": "doctor",
    "县级及以上骨干教师{repeated}": "backbone",
    "体育教师{repeated}": "pe",
    "音乐教师{repeated}": "music",
    "美术教师{repeated}": "fine_art",
    "艺术教师{repeated}": "arts",
    "持有教师资格证{repeated}": "certified",
    "近5年培训满360学时{repeated}": "trained",
}

# Lines of 区县填报表.
COUNTY_ITEM, COUNTY_VALUE = "填报项目", "填报值"
COUNTY_NUMBERS = {
    "规定的小学生均公用经费标准": "standard_primary",
    "规定的初中生均公用经费标准": "standard_junior",
    "特殊教育学校经费总额": "special_funds",
    "特殊教育学校学生人数": "special_students_stated",
    "上年度义务教育学校教师年平均工资收入水平（不含民办学校）": "teacher_pay",
    "当地公务员年平均工资收入": "civil_servant_pay",
    "符合交流条件教师总数": "rotation_eligible",
    "实际交流轮岗教师数": "rotation_teachers",
    "实际交流骨干教师数量": "rotation_backbone",
    "优质高中招生计划总人数": "quota_total",
    "优质高中招生分配指标数": "quota_allocated",
    "符合条件的随迁子女总人数": "migrant_eligible",
    "在县域内公办学校就读的随迁子女人数": "migrant_public",
    "在政府购买服务的民办学校就读随迁子女人数": "migrant_purchased",
    "适龄残疾儿童少年总数": "disabled_children",
    "适龄残疾儿童少年入学总人数": "disabled_enrolled",
}
VETOES = {
    "是否存在以考试方式招生": "以考试方式招生",
    "是否存在违规择校行为": "违规择校",
    "是否存在重点学校或重点班": "重点学校或重点班",
    "是否存在“有编不补”或长期聘用编外教师的情况": "有编不补或长期聘编外",
    "教育系统是否存在重大安全责任事故和严重违纪违规事件": "重大安全责任和违纪",
    "是否有弄虚作假行为": "弄虚作假",
    "是否规范治理校外培训机构及减轻中小学课外负担不力": "减负和校外培训治理不力",
}

# Headers of 满意度问卷.
ROLE, RESIDENCE = "2、您的身份", "1、您所在的县（市、区）"
QUESTIONS = ["4、学校规划布局与就近入学", "5、师资均衡配置", "6、规范办学行为", "7、素质教育与减负", "8、教育质量"]
OVERALL = "9、对本县义务教育的总体评价"
ROLES = ["学生家长", "学生", "教师", "校长", "人大代表", "政协委员", "其他群众"]
ALL_ROLES = "合计"
SATISFIED = ["非常满意", "很满意", "十分满意", "满意", "比较满意", "较满意"]
ANSWERED_SHARE = 0.8
SATISFACTION_LIMIT = 85.0

# The standard: 教督〔2017〕6号, 国教督办函〔2019〕30号.
NORMAL_TYPES = ["211", "218", "311", "312", "341", "345"]
SPECIAL_TYPES = ["511", "512", "513", "514"]
TEACHING_POINT, POINT_LEAST = "218", 50
COMBINED_TYPES, NINE_YEAR, COMPLETE = ["312", "345"], "312", "341"
WEIGHTS = {"primary": 1.0, "junior": 1.1, "senior": 1.32}
COMPLETE_WEIGHTS = {"primary": 0.0, "junior": 1.0, "senior": 1.2}
STOCKS = ["teaching_area", "indoor_sports_area", "sports_ground_area", "equipment_value", "media_rooms"]
LEAST_MET, FLOOR = 6, 0.85
CV_LIMITS = {"primary": 0.50, "junior": 0.45}

MET, NOT_MET, INCOMPLETE = "达标", "不达标", "数据不全"
COUNTY = ["county_code", "county_name"]
UNIT = [*COUNTY, "school_code", "school_name", "stage"]


class Share(NamedTuple):
    """A criterion of the county: numerator × scale / denominator, at least the limit."""

    title: str
    numerator: str
    denominator: str
    limit: float
    scale: float = 100


SHARES = [
    Share("特殊教育学校生均公用经费", "special_funds", "special_students", 8000, 1),
    Share("教师与公务员年平均工资收入之比", "teacher_pay", "civil_servant_pay", 100),
    Share("教师培训完成率", "trained", "teachers", 100),
    Share("交流轮岗教师比例", "rotation_teachers", "rotation_eligible", 10),
    Share("交流轮岗教师中骨干教师比例", "rotation_backbone", "rotation_teachers", 20),
    Share("教师持证上岗率", "certified", "teachers", 100),
    Share("小学就近划片入学比例", "catchment_primary", "catchment_of_primary", 100),
    Share("初中就近划片入学比例", "catchment_junior", "catchment_of_junior", 95),
    Share("优质高中招生名额分配比例", "quota_allocated", "quota_total", 50),
    Share("随迁子女就读比例", "migrant_placed", "migrant_eligible", 85),
    Share("初中三年巩固率", "graduates", "retention_base", 95),
    Share("残疾儿童少年入学率", "disabled_enrolled", "disabled_children", 95),
]

# Criteria that no school may fail: title and column of the count.
COUNTS = {
    "音乐美术专用教室不足": "rooms_short",
    "学校规模超标": "too_large",
    "班级人数超标": "big_classes",
    "小规模学校公用经费不足": "small_funds_short",
    "教师培训经费不足": "training_funds_short",
}

HEADERS = {
    "rank": "排名",
    "county_code": "区县代码",
    "county_name": "区县",
    "prefecture": "市",
    "school_code": "学校标识码",
    "school_name": "学校",
    "stage": "学段",
    "students": "在校生数",
    "met_count": "达标项数",
    "verdict": "判定",
    "indicator": "指标",
    "units": "学校数",
    "mean": "全县平均值",
    "sd": "标准差",
    "cv": "差异系数",
    "limit": "限值",
    "role": "调查对象",
    "valid": "有效问卷",
    "satisfied": "满意问卷",
    "rate": "满意度(%)",
    "criterion": "指标",
    "value": "数值",
    "mean_cv": "七项差异系数均值",
    "within": "达标项数",
}

FORMATS = {"cv": "0.000", "mean_cv": "0.000", "mean": "0.00", "sd": "0.00", "rate": "0.00", "value": "0.0"}
