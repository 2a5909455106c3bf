package protocol

import (
	"testing"

	"github.com/stretchr/testify/require"
	"unicode/utf8"
)

// what a customer reads is fixed to the byte. The texts are written here a second
// time, out of the catalogue (domain 5.1), so that a well-meant improvement of one is noticed.
func TestR249FixedTextsAreByteExact(t *testing.T) {
	for _, row := range []struct{ code, text, want string }{
		{"M-FIXED", TextFixed, "먼저 접수된 순서대로 상담원이 응답을 준비하고 있습니다. 잠시만 기다려 주세요. 채팅 내용은 관계법령에 의거하여 자동으로 저장됩니다."},
		{"M-REFUSE", TextRefuse, "프로필이 확인되지 않았습니다. 프로필을 먼저 입력 후 메시지를 남겨주세요."},
		{"M-SAVED", TextSaved, "프로필이 저장되었습니다."},
		{"L-PROFILE-BUTTON", LabelProfile, "고객 프로필 입력"},
		{"L-PROFILE-OK", LabelOK, "확인"},
		{"L-CONSENT", LabelConsent, "프로필 정보 입력 후 저장하시면 개인정보 수집 및 이용에 동의 한 것으로 간주합니다."},
		{"L-CONSENT-LINK", LabelConsentLink, "개인정보 수집 및 이용"},
		{"L-VERIFIED", LabelVerified, "인증완료"},
		{"L-VERIFY-INFO", LabelVerifiedInfo, "인증정보 조회"},
		{"L-HOME", LabelHome, "처음으로"},
		{"L-BACK", LabelBack, "이전으로"},
		{"L-AGENT", LabelAgent, "상담사 연결"},
		{"M-END-AGENT", TextEndAgent, "상담원이 종료하였습니다."},
		{"M-END-CUSTOMER", TextEndCustomer, "고객님이 종료하였습니다."},
		{"M-END-MANAGER", TextEndManager, "매니저가 종료하였습니다."},
		{"K-BUSY", TextKakaoBusy, "상담원 연결이 지연되고 있습니다. 잠시 후 다시 이용해 주세요.(훌쩍)"},
		{"robot", LabelRobot, "로봇"},
	} {
		if row.text != row.want {
			t.Errorf("%s is\n %q, the catalogue says\n %q", row.code, row.text, row.want)
		}
		if !utf8.ValidString(row.text) {
			t.Errorf("%s is not UTF-8", row.code)
		}
	}
	site := DefaultSettings()
	for code, want := range map[TextCode]string{
		MFixed: TextFixed, MRefuse: TextRefuse, MSaved: TextSaved, MEndAgent: TextEndAgent, MEndCustomer: TextEndCustomer, MEndManager: TextEndManager,
	} {
		site.Texts = map[TextCode]string{code: "changed"}
		if got := site.Say(code, Words{Agent: "김상담"}); got != want {
			t.Errorf("%s can be configured away: %q", code, got)
		}
	}
}

// The neutral defaults of domain 5.2, in its order.
func TestDefaultTexts(t *testing.T) {
	site := DefaultSettings()
	rows := []struct {
		code TextCode
		want string
	}{
		{MTitle, "1:1 채팅 상담 문의 드립니다."},
		{MGreet, "안녕하세요. 상담사 [counselor_name]입니다. 무엇을 도와드릴까요?"},
		{MPrompt, "빠르고 정확한 상담을 위해 고객님의 프로필을 입력해 주세요:)"},
		{MAfterHours, "지금은 상담 시간이 아닙니다. 남겨주신 문의는 상담 시간에 확인 후 답변드리겠습니다."},
		{MNoAgent, "현재 상담 가능한 상담사가 없습니다. 잠시 후 다시 문의해 주세요."},
		{MOver, "현재 문의가 많아 상담을 접수할 수 없습니다. 잠시 후 다시 문의해 주세요."},
		{MQueue, "현재 대기 인원은 [waiting_count]명입니다."},
		{MBusy, "문의가 많아 상담이 지연되고 있습니다. 순차적으로 답변드리겠습니다."},
		{MAutoClose, "일정 시간 응답이 없어 상담이 자동으로 종료되었습니다."},
		{MBotError, "잘못 입력하셨습니다. 아래 버튼 중에서 선택해 주세요."},
	}
	if got := ConfigurableTexts(); len(got) != len(rows) {
		t.Fatalf("%d configurable texts, the catalogue has %d", len(got), len(rows))
	}
	for i, row := range rows {
		if ConfigurableTexts()[i] != row.code {
			t.Errorf("configurable text %d is %s, the catalogue has %s there", i, ConfigurableTexts()[i], row.code)
		}
		if defaultTexts[row.code] != row.want {
			t.Errorf("%s is\n %q, the catalogue says\n %q", row.code, defaultTexts[row.code], row.want)
		}
		site.Texts = map[TextCode]string{row.code: ""}
		if got := site.Say(row.code, Words{Agent: "김상담"}); got != "" {
			t.Errorf("%s: an empty message means send nothing (5.2 rule 1), sent %q", row.code, got)
		}
	}
}

func TestEveryTextCodeIsFixedOrConfigurable(t *testing.T) {
	configurable := map[TextCode]bool{}
	for _, c := range ConfigurableTexts() {
		configurable[c] = true
	}
	for i := 1; i < len(textCodes); i++ {
		_, fixed := fixedTexts[TextCode(i)]
		if fixed == configurable[TextCode(i)] {
			t.Errorf("%s: fixed %v, configurable %v", TextCode(i), fixed, configurable[TextCode(i)])
		}
	}
}

func TestPlaceholders(t *testing.T) {
	site := DefaultSettings()
	if got, want := site.Say(MGreet, Words{Agent: "김상담"}), "안녕하세요. 상담사 김상담입니다. 무엇을 도와드릴까요?"; got != want {
		t.Errorf("M-GREET with an agent: %q", got)
	}
	if got, want := site.Say(MGreet, Words{}), "안녕하세요. 상담사 입니다. 무엇을 도와드릴까요?"; got != want {
		t.Errorf("M-GREET without an agent (5.2 rule 4): %q", got)
	}
	if got := site.Say(MQueue, Words{Waiting: 3}); got != "" {
		t.Errorf("M-QUEUE is sent only where a site wrote one: %q", got)
	}
	site.Texts = map[TextCode]string{MQueue: "[waiting_count]/[waiting_count] 명"}
	if got := site.Say(MQueue, Words{Waiting: 3}); got != "3/3 명" {
		t.Errorf("M-QUEUE: %q", got)
	}
}

// A name is a value, never a template: an agent called "[waiting_count]" is greeted as such.
func TestPlaceholdersAreFilledOnce(t *testing.T) {
	s := DefaultSettings()
	require.Equal(t, "안녕하세요. 상담사 [waiting_count]입니다. 무엇을 도와드릴까요?", s.Say(MGreet, Words{Agent: "[waiting_count]", Waiting: 3}))
	require.Equal(t, "안녕하세요. 상담사 입니다. 무엇을 도와드릴까요?", s.Say(MGreet, Words{}))
}
