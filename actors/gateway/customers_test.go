package gateway

// playsOfCustomers are the acts on a customer for the permission matrix.
var playsOfCustomers = map[string]string{
	"customers.edit":   `PATCH /v1/sites/{site}/customers/{customer} {"note":"x"}`,
	"customers.verify": `POST /v1/sites/{site}/customers/{customer}/verification {"number":"01012345678","means":"SMS"}`,
}
