//! What 表Ⅳ and 表Ⅴ of the 国家申报表 ask for: items, sentences with blanks, and the documents that stand for items without figures.

/// Key, item, sentence.
pub const GOVERNMENT: &str = "
g01 | 县域内义务教育学校规划布局合理，符合国家规定要求
g02 | 县域内城乡义务教育学校建设标准统一、教师编制标准统一、生均公用经费基准定额统一、基本装备配置标准统一
g03 | 所有小学、初中每 12 个班级配备音乐、美术专用教室 1 间以上；其中，每间音乐专用教室面积不小于 96 平方米，每间美术专用教室面积不小于 90 平方米
g04 | 所有小学、初中学校规模不超过 2000 人，九年一贯制学校、十二年一贯制学校义务教育阶段规模不超过 2500 人 | 超过2000人的小学{large_primary}所，初中{large_junior}所，超过2500人的一贯制学校{large_combined}所
g05 | 小学、初中所有班级学生数分别不超过 45 人、50 人 | 超过45人的小学班级{big_classes_primary}个，超过50人的初中班级{big_classes_junior}个
g06 | 不足 100 人的规模较小学校（包括乡镇中心校附设的村小）按不低于 100 人核定公用经费 | 不足100人的规模较小学校学生数{small_students}人，公用经费{small_funds}元。
g07 | 特殊教育学校生均公用经费不低于 8000 元 | 特殊教育学校公用经费为{special_funds}万元，特殊教育学生数为{special_students}人，特殊教育学校生均公用经费为{special_funds_per_student}元
g08 | 全县义务教育学校教师平均工资收入水平不低于当地公务员平均工资收入水平，按规定足额核定教师绩效工资总量 | 全县义务教育学校教师年平均工资收入为{teacher_pay}元，当地公务员年平均工资收入{civil_servant_pay}元
g09 | 教师 5 年 360 学时培训完成率达到 100% | 完成360学时培训的教师{trained}人，全县教师{trainable}人，教师培训完成率{trained_share}%
g10 | 县级教育行政部门在核定的教职工编制总额和岗位总量内，统筹分配各校教职工编制和岗位数量
g11 | 全县每年交流轮岗教师的比例不低于符合交流轮岗条件教师总数的 10%；其中，骨干教师不低于交流轮岗教师总数的 20% | 全县符合交流轮岗条件教师总数{rotation_eligible}名，上一年度交流轮岗教师{rotation_teachers}名，交流轮岗教师占符合交流轮岗条件教师总数的比例{rotation_share}%；交流轮岗的骨干教师{rotation_backbone}名，占交流轮岗教师总数的比例{rotation_backbone_share}%
g12 | 专任教师持有教师资格证上岗率达到 100% | 全县在岗专任教师{in_service}人，其中持有教师资格证的专任教师{certified}人，占比{certified_share}%
g13 | 城区和镇区公办小学、初中（均不含寄宿制学校）就近划片入学比例分别达到 100%、95%以上 | 城区和镇区公办小学、初中（均不含寄宿制学校）就近划片入学比例分别{catchment_share_primary}%、{catchment_share_junior}%。
g14 | 全县优质高中招生名额分配比例不低于 50%，并向农村初中倾斜 | 全县优质高中招生名额总数{senior_quota_total}人，分配名额{senior_quota_allocated}人，占比{senior_quota_share}%。其中分配农村学校的名额{senior_quota_rural}人，占分配名额总数的{senior_quota_rural_share}%
g15 | 留守儿童关爱体系健全，全县符合条件的随迁子女在公办学校和政府购买服务的民办学校就读的比例不低于 85% | 全县符合条件的随迁子女数{migrant_eligible}人，在公办学校就读{migrant_public}人，在政府购买服务的民办学校就读{migrant_purchased}人，合计{migrant_placed}人，占比{migrant_share}%
";

pub const QUALITY: &str = "
q01 | 全县初中三年巩固率达到 95%以上 | 全县初中毕业班学生数为{graduates}人，三年前该年级入学学生数为{entrants_3y_ago}人，毕业年级三年转入学生数为{transferred_in_3y}人，死亡学生数为{died_3y}人，转出学生数为{transferred_out_3y}人，全县初中三年巩固率为{retention_share}%
q02 | 全县残疾儿童少年入学率达到 95%以上 | 全县残疾儿童少年为{disabled_children}人，入学{disabled_enrolled}人，入学率为{disabled_share}%。其中，在特殊教育学校就读{disabled_special}人，占比{disabled_special_share}%。
q03 | 所有学校建立章程，实现学校管理与教学信息化
q04 | 全县所有学校按照不低于学校年度公用经费预算总额的 5%安排教师培训经费
q05 | 教师能熟练运用信息化手段组织教学，设施设备利用率达到较高水平
q06 | 所有学校德育工作、校园文化建设达到良好以上
q07 | 课程开齐开足，教学秩序规范，综合实践活动有效开展
q08 | 无过重课业负担
q09 | 在国家义务教育质量监测中，相关科目学生学业水平达到Ⅲ级以上，且校际差异率低于 0.15 | 语文{grade_chinese}级、校际差异率{difference_chinese}；数学{grade_math}级、校际差异率{difference_math}；科学{grade_science}级、校际差异率{difference_science}；体育{grade_pe}级、校际差异率{difference_pe}；艺术{grade_arts}级、校际差异率{difference_arts}；德育{grade_moral}级、校际差异率{difference_moral}。
";

/// Key, and what stands where no sentence is printed; `{county}` is the county's name, `{sign}` the sign of its documents.
pub const CONCLUSIONS: &str = "
g01 | 《{county}中小学布局专项规划（2021—2030年）》（{sign}政发〔2021〕6号），各校按规划设置
g02 | 《{county}推进城乡义务教育一体化发展实施方案》（{sign}政办发〔2020〕41号），四个标准城乡统一
g03 | 各校音乐、美术教室的间数和面积见学校汇总表
g10 | 《{county}中小学教职工编制统筹使用办法》（{sign}编办〔2022〕9号），编制和岗位每年统筹一次
q03 | 《{county}中小学章程汇编》（2023年版）；《{county}教育信息化2.0行动计划》（{sign}教〔2020〕33号）
q04 | 各校教师培训经费的预算和决算见学校汇总表
q05 | 《{county}教师信息技术应用能力提升工程2.0总结》（{sign}教〔2023〕57号）；设备使用记录
q06 | 《{county}德育工作督导评估报告》（{sign}教督〔2024〕3号）
q07 | 《{county}义务教育课程实施方案》（{sign}教〔2023〕21号）；课程表和教学检查记录
q08 | 《{county}义务教育作业管理办法》（{sign}教〔2022〕44号）；课后服务实施方案
";
