"""How users say an intent that has no training sentences, by language.

English takes the words of the intent's name; Chinese has words for those that occur
most in the names of intents.  Other languages are written as English.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """The few words that generated messages need besides names and values."""

    hello: str
    joins: tuple[str, ...]
    answers: Mapping[bool, str]
    evening: str
    phrase: Callable[[str], str]


def spoken(intent: str) -> str:
    """Return an intent's name as words: `ask_weather` is "ask weather"."""
    return " ".join(intent.replace("/", " ").replace("_", " ").split())


def spoken_chinese(intent: str) -> str:
    """Return an intent in Chinese, as far as the words of its name are known.

    A name that is Chinese itself is said as it is.
    """
    words = spoken(intent).lower().replace("-", " ").split()
    if not intent.isascii():
        return "".join(words)
    for word in words:
        if word in CHINESE_SENTENCES:
            return CHINESE_SENTENCES[word]
    known = "".join(CHINESE_WORDS[word] for word in words if word in CHINESE_WORDS)
    return f"我想{known}" if known else "请帮我处理一下"


CHINESE_SENTENCES: Mapping[str, str] = {
    "affirm": "是的",
    "bot": "你是机器人吗",
    "bye": "再见",
    "deny": "不是",
    "goodbye": "再见",
    "greet": "你好",
    "greeting": "你好",
    "hello": "你好",
    "help": "请帮帮我",
    "no": "不",
    "stop": "停一下",
    "thank": "谢谢",
    "thankyou": "谢谢",
    "thanks": "谢谢",
    "yes": "好的",
}
CHINESE_WORDS: Mapping[str, str] = {
    "account": "账户",
    "add": "添加",
    "address": "地址",
    "appointment": "预约",
    "ask": "询问",
    "balance": "余额",
    "book": "预订",
    "buy": "购买",
    "cancel": "取消",
    "change": "修改",
    "check": "查询",
    "city": "城市",
    "complain": "投诉",
    "concert": "音乐会",
    "concerts": "音乐会",
    "date": "日期",
    "delete": "删除",
    "flight": "航班",
    "food": "食物",
    "hotel": "酒店",
    "inform": "告诉你",
    "money": "钱",
    "music": "音乐",
    "name": "名字",
    "news": "新闻",
    "order": "订单",
    "pay": "付款",
    "phone": "电话",
    "play": "播放",
    "price": "价格",
    "query": "查询",
    "request": "申请",
    "restaurant": "餐厅",
    "search": "查找",
    "show": "看看",
    "table": "餐桌",
    "tell": "告诉你",
    "ticket": "票",
    "time": "时间",
    "train": "火车",
    "transfer": "转账",
    "trip": "行程",
    "weather": "天气",
}
ENGLISH = Language(
    hello="hello",
    joins=(" ", " in ", " for ", " with ", ": "),
    answers={True: "yes", False: "no"},
    evening="between 6 and 8 pm",
    phrase=spoken,
)
CHINESE = Language(
    hello="你好",
    joins=("，", "：", "，在", "，要", "，是"),  # noqa: RUF001 - Chinese signs
    answers={True: "是的", False: "不是"},
    evening="晚上6点到8点之间",
    phrase=spoken_chinese,
)
LANGUAGES: Mapping[str, Language] = {"zh": CHINESE}


def language_of(locale: str) -> Language:
    """Return the language of a locale such as zh_CN, English if it has none here."""
    return LANGUAGES.get(locale.partition("_")[0], ENGLISH)
