import { DefaultSecurityGroup } from "@pulumi/aws/ec2/defaultSecurityGroup.js";
import { Eip } from "@pulumi/aws/ec2/eip.js";
import { InternetGateway } from "@pulumi/aws/ec2/internetGateway.js";
import { NatGateway } from "@pulumi/aws/ec2/natGateway.js";
import { Route } from "@pulumi/aws/ec2/route.js";
import { RouteTable } from "@pulumi/aws/ec2/routeTable.js";
import { RouteTableAssociation } from "@pulumi/aws/ec2/routeTableAssociation.js";
import { SecurityGroup } from "@pulumi/aws/ec2/securityGroup.js";
import { Subnet } from "@pulumi/aws/ec2/subnet.js";
import { Vpc } from "@pulumi/aws/ec2/vpc.js";
import { VpcEndpoint } from "@pulumi/aws/ec2/vpcEndpoint.js";
import { SecurityGroupIngressRule } from "@pulumi/aws/vpc/securityGroupIngressRule.js";
import type * as pulumi from "@pulumi/pulumi";
import { AwsComponent } from "./component.ts";
import type { Place } from "./names.ts";
import { subnets } from "./ranges.ts";
import type { ZoneLetter } from "./ranges.ts";

/** The VPC of a stack. */
export interface NetworkArgs {
  /** An IPv4 range with a prefix length of 16 to 22. */
  readonly cidr: string;
  readonly zones: readonly ZoneLetter[];
  /** One NAT gateway in each zone, or one in the first. */
  readonly nat: "perZone" | "single";
}

/** Services that nodes reach inside the VPC: without them, every image goes through a NAT gateway, which is paid by the GB. */
const interfaceEndpoints = ["ecr.api", "ecr.dkr"] as const;

/** A VPC with a public and a private subnet in each zone. Nodes and pods are in the private ones. */
export class AwsNetwork extends AwsComponent {
  readonly vpc: Vpc;
  /** One for each zone, in the order of the zones. */
  readonly privateSubnets: readonly { readonly zone: ZoneLetter; readonly subnet: Subnet }[];

  private readonly place: Place;

  constructor(place: Place, args: NetworkArgs, production: boolean, options: pulumi.ComponentResourceOptions) {
    super("AwsNetwork", "aws-network", production, options);
    this.place = place;
    this.vpc = this.child(
      Vpc,
      "vpc",
      { cidrBlock: args.cidr, enableDnsSupport: true, enableDnsHostnames: true, tags: { Name: place.name } },
      this.holdsOthers(),
    );
    const vpcId = this.vpc.id;
    // AWS creates it with rules that let everything in it talk. Nothing uses it, and the provider removes the rules.
    this.child(DefaultSecurityGroup, "default-group", { vpcId, tags: this.named("unused") });

    const zones = subnets(args.cidr, args.zones);
    const publicTable = this.publicTable();
    const publicSubnets = zones.map(({ zone, public: cidrBlock }) => {
      const subnet = this.subnet(`public-${zone}`, zone, cidrBlock, { "kubernetes.io/role/elb": "1" });
      this.child(RouteTableAssociation, `public-${zone}-routes`, { subnetId: subnet.id, routeTableId: publicTable.id });
      return { zone, subnet };
    });
    const gateways = (args.nat === "single" ? publicSubnets.slice(0, 1) : publicSubnets).map(({ zone, subnet }) =>
      this.natGateway(zone, subnet, publicTable),
    );
    const privateTables: RouteTable[] = [];
    this.privateSubnets = zones.map(({ zone, private: cidrBlock }, index) => {
      const subnet = this.subnet(`private-${zone}`, zone, cidrBlock, { "kubernetes.io/role/internal-elb": "1" });
      const table = this.child(RouteTable, `private-${zone}`, { vpcId, tags: this.named(`private-${zone}`) });
      const gateway = gateways[index] ?? gateways[0];
      this.child(Route, `private-${zone}-default`, {
        routeTableId: table.id,
        destinationCidrBlock: "0.0.0.0/0",
        natGatewayId: gateway?.id,
      });
      this.child(RouteTableAssociation, `private-${zone}-routes`, { subnetId: subnet.id, routeTableId: table.id });
      privateTables.push(table);
      return { zone, subnet };
    });
    this.endpoints(args.cidr, privateTables);
  }

  /**
   * A group of addresses that others in the VPC may call, and that calls no other.
   * @param reason what the rule is for: it is the rule's description
   */
  reachable(role: string, port: number, cidr: string, reason: string): SecurityGroup {
    const group = this.child(SecurityGroup, role, {
      description: reason,
      vpcId: this.vpc.id,
      tags: this.named(role),
    });
    this.child(SecurityGroupIngressRule, `${role}-in`, {
      securityGroupId: group.id,
      cidrIpv4: cidr,
      ipProtocol: "tcp",
      fromPort: port,
      toPort: port,
      description: reason,
    });
    return group;
  }

  private subnet(role: string, zone: ZoneLetter, cidrBlock: string, tags: Record<string, string>): Subnet {
    return this.child(Subnet, role, {
      vpcId: this.vpc.id,
      cidrBlock,
      availabilityZone: `${this.place.region}${zone}`,
      // Nothing but NAT gateways and load balancers is in public subnets, and both bring their own addresses.
      mapPublicIpOnLaunch: false,
      tags: { ...tags, ...this.named(role) },
    });
  }

  private publicTable(): RouteTable {
    const gateway = this.child(InternetGateway, "internet", { vpcId: this.vpc.id, tags: this.named("internet") });
    const table = this.child(RouteTable, "public", { vpcId: this.vpc.id, tags: this.named("public") });
    this.child(Route, "public-default", {
      routeTableId: table.id,
      destinationCidrBlock: "0.0.0.0/0",
      gatewayId: gateway.id,
    });
    return table;
  }

  private natGateway(zone: ZoneLetter, subnet: Subnet, table: RouteTable): NatGateway {
    const address = this.child(Eip, `nat-${zone}`, { domain: "vpc", tags: this.named(`nat-${zone}`) });
    return this.child(
      NatGateway,
      `nat-${zone}`,
      { allocationId: address.id, subnetId: subnet.id, tags: this.named(`nat-${zone}`) },
      { dependsOn: [table] },
    );
  }

  private endpoints(cidr: string, tables: readonly RouteTable[]): void {
    const { region } = this.place;
    const vpcId = this.vpc.id;
    const serviceName = (service: string) => `com.amazonaws.${region}.${service}`;
    this.child(VpcEndpoint, "s3", {
      vpcId,
      serviceName: serviceName("s3"),
      vpcEndpointType: "Gateway",
      routeTableIds: tables.map(({ id }) => id),
      tags: this.named("s3"),
    });
    const group = this.reachable("endpoints", 443, cidr, "nodes pull images through the endpoints of ECR");
    for (const service of interfaceEndpoints) {
      const role = service.replace(".", "-");
      this.child(VpcEndpoint, role, {
        vpcId,
        serviceName: serviceName(service),
        vpcEndpointType: "Interface",
        privateDnsEnabled: true,
        subnetIds: this.privateSubnets.map(({ subnet }) => subnet.id),
        securityGroupIds: [group.id],
        tags: this.named(role),
      });
    }
  }

  private named(role: string): Record<string, string> {
    return { Name: `${this.place.name}-${role}` };
  }
}
