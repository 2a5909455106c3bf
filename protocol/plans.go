package protocol

// Plan is the vendor's price plan of a site (domain 3.1), in rising order. It matters only where
// enforce_plans is on.
type Plan uint8

const (
	PlanFree Plan = iota + 1
	PlanStarter
	PlanTeam
	PlanPro
	PlanEnterprise
)

var plans = named{"", "FREE", "STARTER", "TEAM", "PRO", "ENTERPRISE"}

func (p Plan) String() string { return plans.name(int(p)) }

// ParsePlan reads a plan's name.
func ParsePlan(s string) (Plan, error) { i, err := plans.parse(s); return Plan(i), err }

// BillingMode says when a site pays its TalkCash (domain 3.1).
type BillingMode uint8

const (
	Prepaid BillingMode = iota + 1
	Postpaid
)

var billingModes = named{"", "PREPAID", "POSTPAID"}

func (b BillingMode) String() string { return billingModes.name(int(b)) }

// ParseBillingMode reads a billing mode's name.
func ParseBillingMode(s string) (BillingMode, error) {
	i, err := billingModes.parse(s)
	return BillingMode(i), err
}

// Feature is something that domain 21 gives to some plans only. The profile bot and the automatic
// close are in every plan and therefore no features.
type Feature uint8

const (
	FeatureNaver         Feature = iota + 1 // a Naver channel account
	FeatureCustomerPanel                    // the customer panel in management
	FeatureAutomatic                        // automatic and hybrid distribution
	FeatureBusyTime
	FeatureQueueNotice
	FeatureOverLimitNotice
	FeatureSQI
	FeatureJourney
)

// featurePlans is the least plan of each feature (domain 21, last paragraph). Of the two plans that the
// sources name for the SQI the newer price list counts.
var featurePlans = [...]struct {
	plan Plan
	name string
}{
	FeatureNaver:           {PlanStarter, "a Naver channel"},
	FeatureCustomerPanel:   {PlanTeam, "the customer panel in management"},
	FeatureAutomatic:       {PlanPro, "automatic and hybrid distribution"},
	FeatureBusyTime:        {PlanPro, "the busy-time notice"},
	FeatureQueueNotice:     {PlanPro, "the queue notice"},
	FeatureOverLimitNotice: {PlanPro, "the over-limit notice"},
	FeatureSQI:             {PlanPro, "the SQI"},
	FeatureJourney:         {PlanEnterprise, "the scenario journey"},
}

// NeedPlan refuses what the site's plan does not have: forbidden, with the field that asked for it
// ("" if none did). With enforce_plans off, which is the default, nothing is refused.
func (s *Settings) NeedPlan(f Feature, field string) *Rejection {
	row := featurePlans[f]
	if !s.EnforcePlans || s.Plan >= row.plan {
		return nil
	}
	return RejectField(Forbidden, field, row.name+" needs the plan "+row.plan.String()+", the site has "+s.Plan.String())
}

// WithinPlan refuses settings that their own plan does not have. It is asked of the settings that a
// change would make, so that neither the feature, nor a lower plan, nor the enforcement itself can
// be switched on over the other: what is in use has to be given up first.
func (s *Settings) WithinPlan() *Rejection {
	for _, use := range []struct {
		used    bool
		feature Feature
		field   string
	}{
		{s.Mode != Manual, FeatureAutomatic, "distribution.mode"},
		{s.OverflowPolicy == PolicyReject, FeatureOverLimitNotice, "overflow_policy"},
		{s.raw(MQueue) != "", FeatureQueueNotice, "messages." + MQueue.String()},
		{s.BusyTime, FeatureBusyTime, "busy_time"},
	} {
		if use.used {
			if rej := s.NeedPlan(use.feature, use.field); rej != nil {
				return rej
			}
		}
	}
	return nil
}
