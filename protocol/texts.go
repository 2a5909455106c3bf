package protocol

import (
	"strconv"
	"strings"
)

// TextCode names a message of the catalogue (domain 5). Its number is stored.
type TextCode uint8

const (
	MTitle TextCode = iota + 1
	MGreet
	MFixed
	MPrompt
	MRefuse
	MSaved
	MAfterHours
	MNoAgent
	MOver
	MQueue
	MBusy
	MAutoClose
	MBotError
	MEndAgent
	MEndCustomer
	MEndManager
)

var textCodes = named{"", "M-TITLE", "M-GREET", "M-FIXED", "M-PROMPT", "M-REFUSE", "M-SAVED", "M-AH", "M-NOAGENT", "M-OVER",
	"M-QUEUE", "M-BUSY", "M-AUTOCLOSE", "M-BOT-ERROR", "M-END-AGENT", "M-END-CUSTOMER", "M-END-MANAGER"}

func (t TextCode) String() string { return textCodes.name(int(t)) }

// Fixed strings that a customer sees; byte-exact and not configurable (domain 5.1, R-249).
const (
	TextFixed         = "먼저 접수된 순서대로 상담원이 응답을 준비하고 있습니다. 잠시만 기다려 주세요. 채팅 내용은 관계법령에 의거하여 자동으로 저장됩니다."
	TextRefuse        = "프로필이 확인되지 않았습니다. 프로필을 먼저 입력 후 메시지를 남겨주세요."
	TextSaved         = "프로필이 저장되었습니다."
	TextEndAgent      = "상담원이 종료하였습니다."
	TextEndCustomer   = "고객님이 종료하였습니다."
	TextEndManager    = "매니저가 종료하였습니다."
	TextKakaoBusy     = "상담원 연결이 지연되고 있습니다. 잠시 후 다시 이용해 주세요.(훌쩍)"
	LabelProfile      = "고객 프로필 입력"
	LabelOK           = "확인"
	LabelConsent      = "프로필 정보 입력 후 저장하시면 개인정보 수집 및 이용에 동의 한 것으로 간주합니다."
	LabelConsentLink  = "개인정보 수집 및 이용"
	LabelVerified     = "인증완료"
	LabelVerifiedInfo = "인증정보 조회"
	LabelHome         = "처음으로"
	LabelBack         = "이전으로"
	LabelAgent        = "상담사 연결"
	LabelRobot        = "로봇"
)

// Default texts of the configurable messages (domain 5.2).
var defaultTexts = map[TextCode]string{
	MTitle:      "1:1 채팅 상담 문의 드립니다.",
	MGreet:      "안녕하세요. 상담사 [counselor_name]입니다. 무엇을 도와드릴까요?",
	MPrompt:     "빠르고 정확한 상담을 위해 고객님의 프로필을 입력해 주세요:)",
	MAfterHours: "지금은 상담 시간이 아닙니다. 남겨주신 문의는 상담 시간에 확인 후 답변드리겠습니다.",
	MNoAgent:    "현재 상담 가능한 상담사가 없습니다. 잠시 후 다시 문의해 주세요.",
	MOver:       "현재 문의가 많아 상담을 접수할 수 없습니다. 잠시 후 다시 문의해 주세요.",
	MQueue:      "현재 대기 인원은 [waiting_count]명입니다.",
	MBusy:       "문의가 많아 상담이 지연되고 있습니다. 순차적으로 답변드리겠습니다.",
	MAutoClose:  "일정 시간 응답이 없어 상담이 자동으로 종료되었습니다.",
	MBotError:   "잘못 입력하셨습니다. 아래 버튼 중에서 선택해 주세요.",
}

var fixedTexts = map[TextCode]string{
	MFixed: TextFixed, MRefuse: TextRefuse, MSaved: TextSaved,
	MEndAgent: TextEndAgent, MEndCustomer: TextEndCustomer, MEndManager: TextEndManager,
}

// ConfigurableTexts lists the codes whose text an administrator may change, in the order of domain 5.2.
func ConfigurableTexts() []TextCode {
	return []TextCode{MTitle, MGreet, MPrompt, MAfterHours, MNoAgent, MOver, MQueue, MBusy, MAutoClose, MBotError}
}

// Words fills in a message of the catalogue for one room.
type Words struct {
	Agent   string // [counselor_name]; empty removes the placeholder (domain 5.2 rule 4)
	Waiting int    // [waiting_count]
}

// Say gives the text of a message at this site. The empty string means: send nothing (5.2 rule 1).
func (s *Settings) Say(code TextCode, w Words) string {
	text, fixed := fixedTexts[code]
	if fixed {
		return text
	}
	text, set := s.Texts[code]
	if !set {
		text = defaultTexts[code]
		if code == MQueue {
			text = "" // optional: only sent where a site wrote one (domain 4, R-113)
		}
	}
	return fill(text, w)
}

// fill replaces the placeholders in one pass: what a name brings in is not read again.
func fill(text string, w Words) string {
	for i := range len(text) {
		if text[i] != '[' {
			continue
		}
		if rest, ok := strings.CutPrefix(text[i:], "[counselor_name]"); ok {
			return text[:i] + w.Agent + fill(rest, w)
		}
		if rest, ok := strings.CutPrefix(text[i:], "[waiting_count]"); ok {
			return text[:i] + strconv.Itoa(w.Waiting) + fill(rest, w)
		}
	}
	return text
}
