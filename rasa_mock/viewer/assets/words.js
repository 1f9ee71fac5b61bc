"use strict";
// The words of the page, in English and Chinese.  `?lang=` goes before the browser's.
const RM = {};

RM.words = {
  en: {
    conversations: "Conversations", runs: "Runs", search: "Sender id",
    intent: "Intent", action: "Action", finding: "Finding", since: "From", until: "To",
    sender: "Sender", events: "Events", changed: "Last change", compare: "Compare",
    compareHint: "Mark two to compare them", next: "Next", previous: "Previous",
    none: "No conversation fits.", empty: "No conversations yet.", clear: "Clear",
    loading: "Loading", live: "live", offline: "offline page", notLive: "not connected",
    back: "All conversations", export: "Export", session: "Session",
    sessionAt: "Session {0}", replacedBy: "Session {0} (replaced)",
    ofEvents: "event {0} of {1}", start: "before the first event",
    chat: "Chat", state: "State", event: "Event", whatChanged: "Changed here",
    nothing: "nothing changes", slots: "Slots", noSlots: "no slots",
    hideEmpty: "hide empty", activeLoop: "Active loop", stack: "Stack",
    latestMessage: "Latest message", latestAction: "Latest action",
    followup: "Followup action", paused: "Paused", showAll: "Show all ({0})",
    call: "Action call", prediction: "Prediction", parse: "Understood", trace: "Trace",
    slot: "Slot", turn: "Turn", request: "Request", response: "Answer", was: "was",
    candidates: "Candidates", cause: "Cause", status: "Status", attempts: "Attempts",
    ranking: "Intents", entities: "Entities", policy: "Policy", score: "Score",
    reason: "Reason", records: "Variables", problems: "{0} records cannot be read",
    skipped: "They were skipped; nothing was deleted.", note: "Note",
    onlyDifferences: "only differences", final: "At the end", same: "no difference",
    missing: "not there", differs: "{0} differences", sameEvent: "The same.",
    newFindings: "New", goneFindings: "Gone", sameFindings: "Still there",
    calls: "Calls", time: "Time", findings: "Findings", noFindings: "No findings.",
    hint: "Do", rasa: "Effect in Rasa", expected: "Expected", got: "Got", where: "Where",
    compareWith: "Compare with", signIn: "Sign in", token: "Admin token",
    wrongToken: "This is not the token.", failed: "This did not work: {0}",
    keys: "Keys", failure: "failed", bytes: "{0} B", nothingChosen: "No event chosen.",
    keysList: "/ search · ↑ ↓ choose · Enter open · x mark · c compare · n p page",
    keysView: "← → event · PgUp PgDn message · Home End · f finding · Esc back",
    keysCompare: "n p difference · Esc back", buttons: "Buttons", custom: "Custom",
    image: "Image", attachment: "Attachment", elapsed: "Time", undone: "new events below",
    json: "JSON", story: "Story (YAML)", e2e: "Test (e2e YAML)", pytest: "Test (pytest)",
    curl: "curl", title: "rasa-mock viewer", action_: "Action", counts: "Result",
    steps: "Actions", left_out: "Left out", mapping: "Mapping", wholeName: "whole name",
    lost: "This turn was lost: none of its events is stored.",
  },
  zh: {
    conversations: "对话", runs: "检查记录", search: "发送者 ID",
    intent: "意图", action: "动作", finding: "问题", since: "从", until: "到",
    sender: "发送者", events: "事件", changed: "最后更新", compare: "比较",
    compareHint: "选中两个对话进行比较", next: "下一页", previous: "上一页",
    none: "没有符合条件的对话。", empty: "还没有对话。", clear: "清除",
    loading: "正在加载", live: "实时", offline: "离线页面", notLive: "未连接",
    back: "所有对话", export: "导出", session: "会话",
    sessionAt: "会话 {0}", replacedBy: "会话 {0}（已被替换）",
    ofEvents: "事件 {0} / {1}", start: "第一个事件之前",
    chat: "聊天", state: "状态", event: "事件", whatChanged: "此处的变化",
    nothing: "没有变化", slots: "槽位", noSlots: "没有槽位",
    hideEmpty: "隐藏空值", activeLoop: "活动循环", stack: "对话栈",
    latestMessage: "最新消息", latestAction: "最新动作",
    followup: "后续动作", paused: "已暂停", showAll: "显示全部（{0}）",
    call: "动作调用", prediction: "预测", parse: "理解", trace: "跟踪",
    slot: "槽位", turn: "轮次", request: "请求", response: "应答", was: "原值",
    candidates: "候选", cause: "原因", status: "状态码", attempts: "尝试次数",
    ranking: "意图排序", entities: "实体", policy: "策略", score: "分数",
    reason: "依据", records: "变量", problems: "{0} 条记录无法读取",
    skipped: "这些记录已跳过，没有删除任何内容。", note: "备注",
    onlyDifferences: "只看差异", final: "最终状态", same: "没有差异",
    missing: "不存在", differs: "{0} 处差异", sameEvent: "相同。",
    newFindings: "新增", goneFindings: "已消失", sameFindings: "仍存在",
    calls: "调用", time: "时间", findings: "问题", noFindings: "没有问题。",
    hint: "建议", rasa: "对 Rasa 的影响", expected: "期望", got: "实际", where: "位置",
    compareWith: "比较对象", signIn: "登录", token: "管理令牌",
    wrongToken: "令牌不正确。", failed: "操作失败：{0}",
    keys: "快捷键", failure: "失败", bytes: "{0} 字节", nothingChosen: "未选择事件。",
    keysList: "/ 搜索 · ↑ ↓ 选择 · Enter 打开 · x 选中 · c 比较 · n p 翻页",
    keysView: "← → 事件 · PgUp PgDn 消息 · Home End · f 问题 · Esc 返回",
    keysCompare: "n p 差异 · Esc 返回", buttons: "按钮", custom: "自定义",
    image: "图片", attachment: "附件", elapsed: "用时", undone: "下方有新事件",
    json: "JSON", story: "故事 (YAML)", e2e: "测试 (e2e YAML)", pytest: "测试 (pytest)",
    curl: "curl", title: "rasa-mock 查看器", action_: "动作", counts: "结果",
    steps: "动作数", left_out: "已省略", mapping: "映射", wholeName: "完整名称",
    lost: "该轮次已丢失：其事件均未保存。",
  },
};

RM.lang = (() => {
  const asked = new URLSearchParams(location.search).get("lang") || navigator.language;
  return (asked || "").toLowerCase().startsWith("zh") ? "zh" : "en";
})();

RM.t = (key, ...values) =>
  (RM.words[RM.lang][key] ?? key).replace(/\{(\d)\}/g, (_, n) => String(values[n]));

RM.base = document.currentScript.src ? new URL("..", document.currentScript.src) : null;
