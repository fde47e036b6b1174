"""Names of the demo district: facts of a real one, over an invented and seeded geography."""

DISTRICT = ("370502", "东营区", "Dongying District")

# slug, code, Chinese, English, kind, centre in km east and north of the district's middle, communities
# fmt: off
TOWNS = (
    (
        "wenhui",
        "370502001",
        "文汇街道",
        "Wenhui Subdistrict",
        "town",
        (-2.6, 1.6),
        ("东营", "中王屋", "油建", "东旭", "青山", "荟萃", "蓝天"),
    ),
    (
        "huanghelu",
        "370502002",
        "黄河路街道",
        "Huanghe Road Subdistrict",
        "town",
        (-0.3, -2.3),
        ("南王屋", "南李", "东赵", "阳城", "南苑", "聚园", "宁河"),
    ),
    (
        "xindian",
        "370502004",
        "辛店街道",
        "Xindian Subdistrict",
        "town",
        (-6.0, 4.2),
        ("辛店", "孙路", "玛琅", "皂户", "北田", "姜家", "西营"),
    ),
    (
        "shengli",
        "370502005",
        "胜利街道",
        "Shengli Subdistrict",
        "town",
        (4.2, 0.9),
        ("龙潭", "共建", "绣园", "龙轩", "瑞达", "瑞康", "锦苑"),
    ),
    (
        "shengyuan",
        "370502006",
        "胜园街道",
        "Shengyuan Subdistrict",
        "town",
        (-5.3, -2.9),
        ("东现河", "南田", "科苑", "西现河", "王连", "东升"),
    ),
    (
        "niuzhuang",
        "370502102",
        "牛庄镇",
        "Niuzhuang Town",
        "town",
        (4.0, -6.4),
        ("聚华", "小宋", "东隋", "西隋", "牛庄", "解家"),
    ),
    (
        "shikou",
        "370502104",
        "史口镇",
        "Shikou Town",
        "town",
        (-10.2, 1.0),
        ("胜花", "南一", "南二", "东一", "东二", "东三"),
    ),
    (
        "longju",
        "370502105",
        "龙居镇",
        "Longju Town",
        "town",
        (-9.6, 6.0),
        ("银匠王", "牛家寺", "寺前杨", "龙居西", "龙居东", "二甲张"),
    ),
    (
        "shangmao",
        "370502400",
        "东营商贸园",
        "Dongying Business Park",
        "business_park",
        (0.6, 6.3),
        ("商贸园", "园北", "园东"),
    ),
    (
        "youtian",
        "370502901",
        "油田分中心辖区",
        "Oilfield Sub-center Area",
        "oilfield",
        (8.3, 4.6),
        ("胜采", "基地", "锦华", "物探"),
    ),
)
# fmt: on
# The communities' names in pinyin, as English maps write them; "Community" or "Village" follows.
# fmt: off
PINYIN = {
    "东营": "Dongying", "中王屋": "Zhongwangwu", "油建": "Youjian", "东旭": "Dongxu", "青山": "Qingshan",
    "荟萃": "Huicui", "蓝天": "Lantian", "南王屋": "Nanwangwu", "南李": "Nanli", "东赵": "Dongzhao",
    "阳城": "Yangcheng", "南苑": "Nanyuan", "聚园": "Juyuan", "宁河": "Ninghe", "辛店": "Xindian",
    "孙路": "Sunlu", "玛琅": "Malang", "皂户": "Zaohu", "北田": "Beitian", "姜家": "Jiangjia", "西营": "Xiying",
    "龙潭": "Longtan", "共建": "Gongjian", "绣园": "Xiuyuan", "龙轩": "Longxuan", "瑞达": "Ruida",
    "瑞康": "Ruikang", "锦苑": "Jinyuan", "东现河": "Dongxianhe", "南田": "Nantian", "科苑": "Keyuan",
    "西现河": "Xixianhe", "王连": "Wanglian", "东升": "Dongsheng", "聚华": "Juhua", "小宋": "Xiaosong",
    "东隋": "Dongsui", "西隋": "Xisui", "牛庄": "Niuzhuang", "解家": "Xiejia", "胜花": "Shenghua",
    "南一": "Nanyi", "南二": "Nan'er", "东一": "Dongyi", "东二": "Dong'er", "东三": "Dongsan",
    "银匠王": "Yinjiangwang", "牛家寺": "Niujiasi", "寺前杨": "Siqianyang", "龙居西": "Longjuxi",
    "龙居东": "Longjudong", "二甲张": "Erjiazhang", "商贸园": "Shangmaoyuan", "园北": "Yuanbei",
    "园东": "Yuandong", "胜采": "Shengcai", "基地": "Jidi", "锦华": "Jinhua", "物探": "Wutan",
}
# fmt: on
SHORT = {town[0]: town[2].removesuffix("街道").removesuffix("镇") for town in TOWNS}
SHORT |= {"shangmao": "商贸园", "youtian": "油田"}

# Roads that run north and south (km east of the middle), and east and west (km north of it).
ROADS_NS = (
    ("西四路", "Xisi Road", -4.4), ("西二路", "Xi'er Road", -2.2), ("胜利大街", "Shengli Avenue", -0.4),
    ("东一路", "Dongyi Road", 1.6), ("东二路", "Dong'er Road", 3.4), ("东三路", "Dongsan Road", 5.3),
    ("东八路", "Dongba Road", 8.4), ("史口路", "Shikou Road", -8.6),
)  # fmt: skip
ROADS_EW = (
    ("北二路", "Bei'er Road", 5.0), ("北一路", "Beiyi Road", 3.1), ("济南路", "Jinan Road", 1.3),
    ("黄河路", "Huanghe Road", -0.6), ("南一路", "Nanyi Road", -2.6), ("南二路", "Nan'er Road", -4.9),
)  # fmt: skip
RIVERS = (
    ("广利河", "Guangli River", 0.4), ("溢洪河", "Yihong River", 7.6), ("五六干合排", "Wuliugan Drain", 3.9),
    ("东营河", "Dongying River", 2.2), ("老广蒲河", "Old Guangpu River", -3.8), ("支脉河", "Zhimai River", -7.4),
)  # fmt: skip

# code, Chinese, English, linkage tier: the thirteen departments that sit in the hall
DEPARTMENTS = (
    ("emergency", "应急管理局", "Emergency Management Bureau", 1),
    ("flood_office", "防汛抗旱指挥部办公室", "Flood & Drought HQ Office", 1),
    ("water", "水利局", "Water Resources Bureau", 1),
    ("housing", "住房和城乡建设管理局", "Housing & Urban-Rural Development Bureau", 1),
    ("urban", "综合行政执法局", "Urban Management Bureau", 1),
    ("police", "公安分局", "Public Security Branch", 1),
    ("traffic_police", "交警大队", "Traffic Police", 1),
    ("fire", "消防救援大队", "Fire & Rescue Brigade", 1),
    ("meteorology", "气象局", "Meteorological Bureau", 2),
    ("transport", "交通运输局", "Transport Bureau", 2),
    ("health", "卫生健康局", "Health Bureau", 2),
    ("ecology", "生态环境分局", "Ecology & Environment Branch", 2),
    ("data", "大数据中心", "Data Center", 3),
)

# user name, display name, role, department, area slug ("" is the whole district)
PEOPLE = (
    ("admin", "管理员", "administrator", None, ""),
    ("duty1", "值班员一", "duty_officer", None, ""),
    ("duty2", "值班员二", "duty_officer", None, ""),
    ("leader", "值班长", "shift_leader", None, ""),
    ("commander", "指挥长", "commander", None, ""),
    ("water", "水利联络员", "liaison", "water", ""),
    ("housing", "住建联络员", "liaison", "housing", ""),
    ("urban", "执法联络员", "liaison", "urban", ""),
    ("grid", "网格员一", "grid_worker", None, "wenhui"),
    ("responder", "抢险队员一", "responder", None, ""),
    ("auditor", "审计员", "auditor", None, ""),
)

# Statutory holidays and make-up workdays of 2026, as announced by the State Council; edited by the administrator.
HOLIDAYS_2026 = (
    ("元旦", ("2026-01-01", "2026-01-02", "2026-01-03"), ("2026-01-04",)),
    (
        "春节",
        tuple(f"2026-02-{day}" for day in range(15, 24)),
        ("2026-02-14", "2026-02-28"),
    ),
    ("清明节", ("2026-04-04", "2026-04-05", "2026-04-06"), ()),
    ("劳动节", tuple(f"2026-05-0{day}" for day in range(1, 6)), ("2026-05-09",)),
    ("端午节", ("2026-06-19", "2026-06-20", "2026-06-21"), ()),
    ("中秋节", ("2026-09-25", "2026-09-26", "2026-09-27"), ()),
    (
        "国庆节",
        tuple(f"2026-10-0{day}" for day in range(1, 8)),
        ("2026-09-20", "2026-10-10"),
    ),
)
