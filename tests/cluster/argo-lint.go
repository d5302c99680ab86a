// What `argo lint --offline` does, from the packages of Argo Workflows itself: the command needs its web interface to be built, which
// the module does not contain. argo-lint.ts builds this file inside the published module.
//
// Reads objects in YAML from standard input, one after another, and the spec of `workflowDefaults` in JSON from the file that the first
// argument names. Prints a line for each mistake; the exit code is 1 if there is any.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	wfv1 "github.com/argoproj/argo-workflows/v4/pkg/apis/workflow/v1alpha1"
	"github.com/argoproj/argo-workflows/v4/util/logging"
	"github.com/argoproj/argo-workflows/v4/workflow/common"
	"github.com/argoproj/argo-workflows/v4/workflow/templateresolution"
	"github.com/argoproj/argo-workflows/v4/workflow/validate"
)

type templates map[string]*wfv1.WorkflowTemplate

func (t templates) Get(_ context.Context, name string) (*wfv1.WorkflowTemplate, error) {
	if found, ok := t[name]; ok {
		return found, nil
	}
	return nil, fmt.Errorf("no WorkflowTemplate %s", name)
}

func main() {
	ctx := logging.InitLoggerInContext()
	failed := false
	say := func(what string, err error) {
		if err != nil {
			failed = true
			fmt.Printf("%s: %v\n", what, err)
		}
	}
	defaults := &wfv1.Workflow{}
	if len(os.Args) > 1 {
		text, err := os.ReadFile(os.Args[1])
		say("defaults", err)
		decoder := json.NewDecoder(bytes.NewReader(text))
		decoder.DisallowUnknownFields()
		say("defaults", decoder.Decode(defaults))
	}
	input, err := io.ReadAll(os.Stdin)
	say("input", err)
	parsed := common.ParseObjects(ctx, input, true)
	known := templates{}
	for _, one := range parsed {
		if template, ok := one.Object.(*wfv1.WorkflowTemplate); ok && one.Err == nil {
			known[template.Name] = template
		}
	}
	clusterWide := &templateresolution.NullClusterWorkflowTemplateGetter{}
	options := validate.ValidateOpts{Lint: true}
	for _, one := range parsed {
		if one.Err != nil {
			say("object", one.Err)
			continue
		}
		switch object := one.Object.(type) {
		case *wfv1.WorkflowTemplate:
			say(object.Name, validate.ValidateWorkflowTemplate(ctx, known, clusterWide, object, defaults, options))
		case *wfv1.CronWorkflow:
			say(object.Name, validate.ValidateCronWorkflow(ctx, known, clusterWide, object, defaults))
		case *wfv1.Workflow:
			say(object.Name+object.GenerateName, validate.ValidateWorkflow(ctx, known, clusterWide, object, defaults, options))
		}
	}
	if len(parsed) == 0 {
		say("input", fmt.Errorf("no object"))
	}
	if failed {
		os.Exit(1)
	}
}
