// cert-manager's programs as its chart starts them. Upstream's commands are Go modules of their own, which no module proxy has;
// this one is built inside the published module, from its packages. Left out: ACME, Vault, Venafi, the shims for Ingress and
// Gateway, leader election, and flags that concern these.
//
// usage: cert-manager controller|webhook|cainjector|check FLAGS…
package main

import (
	"context"
	"errors"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"

	config "github.com/cert-manager/cert-manager/internal/apis/config/webhook"
	"github.com/cert-manager/cert-manager/internal/webhook"
	cmscheme "github.com/cert-manager/cert-manager/pkg/client/clientset/versioned/scheme"
	"github.com/cert-manager/cert-manager/pkg/controller"
	"github.com/cert-manager/cert-manager/pkg/controller/cainjector"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/metrics"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	_ "github.com/cert-manager/cert-manager/pkg/controller/clusterissuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
	logf "github.com/cert-manager/cert-manager/pkg/logs"
	"github.com/cert-manager/cert-manager/pkg/util"
	"github.com/cert-manager/cert-manager/pkg/util/cmapichecker"
	corev1 "k8s.io/api/core/v1"
	apiext "k8s.io/apiextensions-apiserver/pkg/apis/apiextensions/v1"
	"k8s.io/apimachinery/pkg/runtime"
	kscheme "k8s.io/client-go/kubernetes/scheme"
	apireg "k8s.io/kube-aggregator/pkg/apis/apiregistration/v1"
	ctrl "sigs.k8s.io/controller-runtime"
	"sigs.k8s.io/controller-runtime/pkg/client"
	metricsserver "sigs.k8s.io/controller-runtime/pkg/metrics/server"
)

const metricsAddress = ":9402"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	logf.InitLogs()
	ctrl.SetLogger(logf.Log)
	ctx = logf.NewContext(ctx, logf.Log, os.Args[1])
	run := map[string]func(context.Context) error{
		"controller": runController, "webhook": runWebhook, "cainjector": runInjector, "check": check,
	}[os.Args[1]]
	if err := run(ctx); err != nil {
		log.Fatal(err)
	}
}

// The values of a flag, in the form --NAME=VALUE.
func flags(name string) []string {
	var values []string
	for _, argument := range os.Args[2:] {
		if value, found := strings.CutPrefix(argument, "--"+name+"="); found {
			values = append(values, value)
		}
	}
	return values
}

func flag(name string) string { return strings.Join(flags(name), "") }

func runController(ctx context.Context) error {
	factory, err := controller.NewContextFactory(ctx, controller.ContextOptions{
		IssuerOptions: controller.IssuerOptions{ClusterResourceNamespace: flag("cluster-resource-namespace")},
	})
	if err != nil {
		return err
	}
	shared, err := factory.Build()
	if err != nil {
		return err
	}
	for name, constructor := range controller.Known() {
		made, err := constructor(factory)
		if err != nil {
			return errors.New(name + ": " + err.Error())
		}
		go func() {
			if err := made.Run(2, ctx); err != nil {
				log.Fatalf("%s: %v", name, err)
			}
		}()
	}
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	listener, err := net.Listen("tcp", metricsAddress)
	if err != nil {
		return err
	}
	go shared.Metrics.NewServer(listener).Serve(listener)
	alive := func(response http.ResponseWriter, _ *http.Request) { response.Write([]byte("ok")) }
	go http.ListenAndServe(":9403", http.HandlerFunc(alive))
	<-ctx.Done()
	return nil
}

func runWebhook(ctx context.Context) error {
	options := config.WebhookConfiguration{SecurePort: 10250, HealthzPort: 6080, MetricsListenAddress: metricsAddress}
	dynamic := &options.TLSConfig.Dynamic
	dynamic.SecretNamespace = flag("dynamic-serving-ca-secret-namespace")
	dynamic.SecretName = flag("dynamic-serving-ca-secret-name")
	dynamic.DNSNames = flags("dynamic-serving-dns-names")
	dynamic.LeafDuration = 7 * 24 * time.Hour
	server, err := webhook.NewCertManagerWebhookServer(logf.Log, options)
	if err != nil {
		return err
	}
	return server.Run(ctx)
}

func runInjector(ctx context.Context) error {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		kscheme.AddToScheme, cmscheme.AddToScheme, apiext.AddToScheme, apireg.AddToScheme,
	} {
		if err := add(scheme); err != nil {
			return err
		}
	}
	// The agent's name is the manager of the fields that it applies.
	manager, err := ctrl.NewManager(util.RestConfigWithUserAgent(ctrl.GetConfigOrDie(), "cainjector"), ctrl.Options{
		Scheme:  scheme,
		Client:  client.Options{Cache: &client.CacheOptions{DisableFor: []client.Object{&corev1.Secret{}}}},
		Metrics: metricsserver.Options{BindAddress: metricsAddress},
	})
	if err != nil {
		return err
	}
	enabled := map[string]bool{
		cainjector.MutatingWebhookConfigurationName: true, cainjector.ValidatingWebhookConfigurationName: true,
		cainjector.APIServiceName: true, cainjector.CustomResourceDefinitionName: true,
	}
	options := cainjector.SetupOptions{EnableCertificatesDataSource: true, EnabledReconcilersFor: enabled}
	if err := cainjector.RegisterAllInjectors(ctx, manager, options); err != nil {
		return err
	}
	return manager.Start(ctx)
}

// `check api --wait=1m`: tries to create a Certificate until the webhook lets it.
func check(ctx context.Context) error {
	limit, err := time.ParseDuration(flag("wait"))
	if err != nil {
		return err
	}
	ctx, stop := context.WithTimeout(ctx, limit)
	defer stop()
	// The chart gives the right to create requests in the pod's own namespace.
	namespace, err := os.ReadFile("/var/run/secrets/kubernetes.io/serviceaccount/namespace")
	if err != nil {
		return err
	}
	checker, err := cmapichecker.New(ctrl.GetConfigOrDie(), string(namespace))
	if err != nil {
		return err
	}
	for {
		err := checker.Check(ctx)
		if err == nil {
			return nil
		}
		log.Print(err)
		select {
		case <-ctx.Done():
			return err
		case <-time.After(2 * time.Second):
		}
	}
}
