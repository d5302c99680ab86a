import { chartRelease } from "../kit/chart-release.ts";
import type { Component } from "../kit/component.ts";
import { monitorKinds } from "../kit/metrics.ts";
import { drainHook } from "../kit/pod.ts";
import { connect } from "./install.ts";
import type { InstallArgs, Installed } from "./install.ts";
import * as traefik from "./traefik-chart.ts";

/** Traefik; its dashboard answers inside the cluster only. */
export function installTraefik(owner: Component, args: InstallArgs): Installed {
  const { dashboardHost, defaultCertificate, installation, serviceMonitors } = args;
  const { namespace } = installation;
  const release = chartRelease(
    owner,
    "release",
    {
      chart: "traefik",
      name: traefik.traefikRelease,
      namespace,
      values: traefik.traefikValues(installation, {
        dashboard: dashboardHost !== undefined,
        defaultCertificate: defaultCertificate?.secretName,
        // The pods of a DaemonSet end before the new ones start.
        lifecycle:
          installation.workload === "daemonSet" ? undefined : drainHook(owner.environment, traefik.traefikGracePeriod),
      }),
      pods: traefik.traefikPods(installation),
    },
    {
      dependsOn: [
        ...(defaultCertificate === undefined ? [] : [defaultCertificate.ready]),
        ...monitorKinds(serviceMonitors),
      ],
    },
  );
  const pods = traefik.traefikGatewayPods(namespace);
  connect(owner, args, pods, [pods.port("metrics")]);
  return { pods, service: { namespace, name: traefik.traefikRelease }, ready: [release] };
}
