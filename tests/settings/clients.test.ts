import assert from "node:assert/strict";
import { asksForProxyProtocol } from "../../stacks/settings/rules/clients.ts";

describe("annotations for PROXY protocol", () => {
  it("of the known clouds are recognised, on and off", () => {
    const on = [
      ["service.beta.kubernetes.io/aws-load-balancer-proxy-protocol", "*"],
      ["service.beta.kubernetes.io/aws-load-balancer-target-group-attributes", "proxy_protocol_v2.enabled=true"],
      ["service.beta.kubernetes.io/do-loadbalancer-enable-proxy-protocol", "true"],
      ["service.beta.kubernetes.io/scw-loadbalancer-proxy-protocol-v2", "443,80"],
      ["loadbalancer.openstack.org/proxy-protocol", "v2"],
      ["service.beta.kubernetes.io/linode-loadbalancer-default-proxy-protocol", "v2"],
      ["service.beta.kubernetes.io/linode-loadbalancer-port-443", '{"proxy-protocol": "v1"}'],
      ["service.beta.kubernetes.io/vultr-loadbalancer-proxy-protocol", "true"],
      ["service.beta.kubernetes.io/ovh-loadbalancer-proxy-protocol", "v1"],
      ["oci-network-load-balancer.oraclecloud.com/is-ppv2-enabled", "true"],
      ["service.beta.kubernetes.io/oci-load-balancer-connection-proxy-protocol-version", "2"],
      ["service.kubernetes.io/ibm-load-balancer-cloud-provider-enable-features", "proxy-protocol"],
      ["service.beta.kubernetes.io/alibaba-cloud-loadbalancer-proxy-protocol", "on"],
      ["service.beta.kubernetes.io/azure-pls-proxy-protocol", "true"],
    ];
    const none = [
      ["load-balancer.hetzner.cloud/uses-proxyprotocol", "false"],
      ["load-balancer.hetzner.cloud/location", "nbg1"],
      ["service.beta.kubernetes.io/linode-loadbalancer-default-proxy-protocol", "none"],
      ["service.beta.kubernetes.io/linode-loadbalancer-port-443", '{"proxy-protocol": "none"}'],
      ["service.beta.kubernetes.io/aws-load-balancer-target-group-attributes", "proxy_protocol_v2.enabled=false"],
      ["service.beta.kubernetes.io/aws-load-balancer-type", "nlb"],
      ["service.beta.kubernetes.io/alibaba-cloud-loadbalancer-proxy-protocol", "off"],
    ];
    for (const [key = "", value = ""] of on) assert.ok(asksForProxyProtocol(key, value), key);
    for (const [key = "", value = ""] of none) assert.ok(!asksForProxyProtocol(key, value), `${key}: ${value}`);
  });
});
