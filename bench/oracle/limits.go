package oracle

import (
	"math"

	"gonum.org/v1/gonum/stat/distuv"
)

// HalfinWhitt is the limit of Erlang C's P(wait) under square-root staffing n = R + β√R, β > 0, as R
// grows: 1 / (1 + βΦ(β)/φ(β)). Source: Halfin and Whitt, "Heavy-Traffic Limits for Queues with Many
// Exponential Servers", Operations Research 29, 1981, proposition 1.
func HalfinWhitt(beta float64) float64 {
	return 1 / (1 + beta*distuv.UnitNormal.CDF(beta)/distuv.UnitNormal.Prob(beta))
}

// Garnett is the limit of Erlang A's P(wait) under n = R + β√R with any β and patience rate θ in units
// of 1/AHT: 1 / (1 + √θ h(β/√θ) / h(-β)), h = φ/(1-Φ) the hazard of the normal law.
// Source: Garnett, Mandelbaum and Reiman, "Designing a Call Center with Impatient Customers",
// M&SOM 4, 2002, theorem 4.
func Garnett(beta, theta float64) float64 {
	r := math.Sqrt(theta)
	return 1 / (1 + r*hazard(beta/r)/hazard(-beta))
}

func hazard(x float64) float64 { return distuv.UnitNormal.Prob(x) / distuv.UnitNormal.Survival(x) }
