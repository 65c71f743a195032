module github.com/faultline-dev/faultline/sdk-go

go 1.26.0

require (
	connectrpc.com/connect v1.21.1
	github.com/faultline-dev/faultline/gen/go v0.0.0
	go.uber.org/goleak v1.3.0
	google.golang.org/protobuf v1.36.12
	pgregory.net/rapid v1.3.0
)

replace github.com/faultline-dev/faultline/gen/go => ../gen/go
