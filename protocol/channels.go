package protocol

// ChannelAccount is one way by which customers reach a site (domain 3.5): a Kakao channel, a Naver account, a web button.
type ChannelAccount struct {
	ID      string
	Channel Channel // never changes
	Name    string  // 1-60
	Enabled bool
}

func (a *ChannelAccount) code(c *coder) {
	codeString(c, 1, &a.ID)
	codeUint(c, 2, &a.Channel)
	codeString(c, 3, &a.Name)
	codeBool(c, 4, &a.Enabled)
}

// ChannelSaved replaces a channel account; they are switched off, never deleted.
type ChannelSaved struct {
	Channel  ChannelAccount
	By       AccountID
	Old      ChannelAccount // as it was; zero for a new one
	ClientID ClientID
}

func (*ChannelSaved) EventCode() EventCode     { return CodeChannelSaved }
func (*ChannelSaved) Shown() (desk, room bool) { return false, false }
func (e *ChannelSaved) code(c *coder) {
	codeStruct(c, 1, &e.Channel)
	codeString(c, 2, &e.By)
	codeStruct(c, 3, &e.Old)
	codeString(c, 4, &e.ClientID)
}

// SaveChannel creates or replaces a channel account; goes to the site.
type SaveChannel struct {
	Channel ChannelAccount
	Create  bool // refuse with conflict if there is one of that id
}

// CommandName is site.channel in logs and metrics.
func (SaveChannel) CommandName() string { return "site.channel" }
