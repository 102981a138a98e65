"""Roles: words that pretend that somebody else goes on: the system, the assistant, a tool, the operator."""

from __future__ import annotations

import re

from conversations.secrets import holds_any

_START = r"(?:^|\n)[ \t>*_#\[(<-]{0,20}"
_NAMES = (
    r"(?:system|assistant|developer|admin(?:istrator)?|operator|moderator|root|sysadmin|chat ?gpt|gpt|ai|llm|model|bot)"
)
_WHAT = (
    r"(?:prompt|message|notice|note|override|update|command|instructions?|alert|log|says|response|reply|thoughts?|mode)"
)
_ABROAD = (
    r"(?:systeme|systeem|sistema|sistem|система|системa|系统|系統|システム|시스템|assistent|asistente|assistente|asystent|"
    r"ассистент|助手|アシスタント|어시스턴트|النظام|المساعد|entwickler|administrador|administrateur|администратор|管理员|管理員)"
)
_TAGS = (
    r"(?:system|sys|assistant|user|human|admin|developer|operator|root|instructions?|prompt|tool|function|context|answer|"
    r"response|override|inst|reply|output|bot|ai|model|rules?|policy|directives?|scratchpad|thinking|hidden)"
)
_HEADS = (
    r"(?:system|(?:new )?instructions?|end of|assistant|response|human|user|input|output|admin|developer|override|"
    r"context)"
)
_ABOUT = r"(?:system|admin|developer|user|prompt|hidden|conversation|untrusted|trusted|assistant)"
_TEXT = r"(?:message|prompt|input|instructions?|session|text|query|conversation|turn|data)"
_ASKER, _ANSWERER = r"(?:human|user|customer|q|question|user input)", r"(?:assistant|ai|bot|agent|a|answer|model|gpt)"
_REMARK = r"(?:assistant|system|\w{0,9}mod[ea]ll?[eo]?|ai|llm|instructions?|ignore|approve|always|never|reply|respond)"
_ROLES = (
    (
        rf"{_START}(?:(?:ai |chat)?(?:system|assistant)|developer|sysadmin|operator|moderator|admin|"
        r"admin override|root)"
        r"(?:['’]s)?"
        rf"(?:[\s_-]{{1,3}}{_WHAT}){{0,2}}[\s*_\])>]{{0,4}}[:>][\s*]{{0,9}}(?!windows|linux|mac|android|ios)\S"
    ),
    r"[.!?)\]]\s{1,3}system\s?:\s?\S",
    rf"\n[ \t*_#\[(<]{{0,9}}{_NAMES}[\s*_\])>]{{0,4}}:\s{{0,9}}\S",
    rf"{_START}{_ABROAD}\s{{0,3}}[:：]\s{{0,9}}\S",
    rf"#{{2,9}}\s{{0,9}}{_HEADS}\b",
    (
        rf"<\s?/?\s?(?:\w{{1,20}}[_-])?{_TAGS}(?:[_-]\w{{1,20}})?(?:\s[^<>\n]{{0,80}})?/?>(?! (?:and|or|tags?)\b)|"
        rf"<<\s?/?\s?{_TAGS}\s?/?\s?>>"
    ),
    rf"\[\[?\s?/?(?:{_NAMES}|override|instructions?|internal|hidden|priority|inst)(?:[\s_-]\w{{1,20}}){{0,4}}\s?[\]:]",
    rf"\(\s?{_NAMES}[\s_-]{_WHAT}\s?:|@(?:assistant|system|bot|ai|model)\b",
    rf"[-=*~]{{2,9}}\s?{_NAMES}(?:[\s_-]\w{{1,20}}){{0,3}}\s?[-=*~]{{2,9}}",
    r"\[[^\]\n]{0,30}\b(?:admin|system|operator|developer|moderator|root|override)\b[^\]\n]{0,30}\]",
    r"[\"'](?:sender|author|from|speaker|who|by)[\"']\s?:\s?[\"'](?:system|admin|assistant|developer|tool|bot|operator)",
    r"\[//\]:\s?#",
    r"```\s{0,9}(?:system|assistant|instructions?|prompt)\b|[\"']from[\"']\s?:\s?[\"'](?:gpt|human|system)[\"']",
    r"[\"']?\brole[\"']?\s?[:=]\s?[\"']?(?:system|assistant|developer|tool|model|root)\b",
    r"[\"']role[\"']\s?:\s?[\"']user[\"']",
    r"<\s?(?:message|msg|turn)\b[^<>\n]{0,40}\brole\s?=",
    r"\b(?:function|tool)[_ -]?(?:call|result|response|output)s?\s?[:=(>{\]]",
    r"\b(?:issue|grant|approve|transfer|unlock|refund)_\w{2,30}\(",
    rf"<!--[^>]{{0,200}}\b{_REMARK}\b",
    r"!\[[^\]\n]{0,80}\]\(https?://[^)\s]{1,300}\?",  # a picture that reports back when it is shown
    (
        rf"\b(?:begin|start|end) (?:of )?(?:the )?(?:new )?{_ABOUT}(?: {_TEXT}){{0,2}}\s{{0,3}}"
        r"(?:---|===|\*\*\*|\]|>|\n|begin|start|$)"
    ),
    rf"{_START}{_ASKER}\s?:[^\n]{{0,200}}\n{{1,3}}[ \t]{{0,9}}{_ANSWERER}\s?:",
    rf"{_START}{_ANSWERER}\s?:[^\n]{{0,200}}\n{{1,3}}[ \t]{{0,9}}{_ASKER}\s?:",
    r"\b(?:admin|system|root|developer|security|safety) override\b|\boverride code\s?(?:is|[:=#]|\d|[a-z]*\d)",
    (
        r"\b(?:safety|moderation|guardrails?|refus(?:e|al|als)|censorship|verification|content[_ ]?(?:policy|filter)|"
        r"(?:assistant|bot|model|ai|agent)[._]\w{2,20})[\"']?\s?(?:=|:|:=|=>|->)\s?[\"']?"
        r"(?:off|false|none|0|no|null|skip|disabled?|permissive|unrestricted|unlimited|any|bypass|root|admin|open)\b"
    ),
    r"(?:^|\n)[#%/!;]{1,4}\s?(?:system|assistant|role|config|policy|prompt)\b",
    (
        r"\b(?:refuse|disclose|comply|obey|verdict|allow_refunds?|skip_checks?|issued_by|approved_by)[\"']?\s?[=:]\s?[\"']?"
        r"(?:never|always|all|none|true|false|off|system|admin|root|operator|allow\w{0,10})\b"
    ),
    r"[\"'](?:event|type|action|kind)[\"']\s?:\s?[\"'](?:policy|system|prompt|config|admin|override|instruction)[_\w]{0,20}[\"']",
    r"[\[<{]/?(?:policy|safety|moderation|config|rule)[ _](?:engine|layer|module|service|server|update)[\]>}]",
    rf"{_START}(?:tool|function|observation|plugin|retriever)\s?:\s?\w{{1,20}}_\w{{1,20}}\s{{0,3}}(?:\n|\(|$)",
    r"(?:^|\n)\W{0,4}(?:config|policy|prompt|system|rules?|persona)[ _-](?:patch|override|reload|hotfix|injection)\b",
    r"\bsystem update\b[^.!?\n]{0,30}\bapplied\b",
    r"\bfrom: [^\n]{1,40}\bto: (?:the )?(?:chat)?(?:bot|assistant|ai|model)\b",
    rf"{_START}(?:system|developer) (?:message|notice|prompt|note|update)\s?[\]:-]",
)
_HINTS = (
    *"""
    system assist asist asyst developer entwickler ## instruct admin override [//] role <!-- ``` from
    sistem система ассистент админ 系 システム 시스템 助手 管理 アシスタント 어시스턴트 النظام المساعد
    operator moderator root </ << [[ [i [h [p ai: bot: model: gpt: a: answer: user: human: tool function
    begin safety moderation disclos comply verdict event issued policy config prompt
    guardrail refus censor verification content %% <u <a <o <p <t <c <r <s <h <i @bot @ai @model (
    """.split(),  # noqa: SIM905
    "end of",
)
_SIGNS = frozenset(":<[#@`(>=*：".encode())  # nearly all talk has none of these
_WORDS = b"abcdefghijklmnopqrstuvwxyz ,.?!'\n"
_ROLE = re.compile("|".join(_ROLES))


def find_role(folded: str) -> str:
    """Where a folded text pretends that somebody else speaks; nothing where it does not."""
    odd = folded.encode().translate(None, _WORDS)
    if _SIGNS.isdisjoint(odd) and b"---" not in odd and "override" not in folded:
        return ""
    if not holds_any(folded, _HINTS):
        return ""
    found = _ROLE.search(folded)
    return found[0].strip()[:160] if found else ""
