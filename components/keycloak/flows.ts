import type { Json } from "./representation.ts";

/** What a user without the role reads. */
export const denied = "No rights permissions for this client.";

/** Authentication flows of a realm and the settings of their steps, as a realm's representation lists them. */
export interface Flows {
  readonly authenticationFlows: Json[];
  readonly authenticatorConfig: Json[];
}

type Requirement = "REQUIRED" | "ALTERNATIVE" | "CONDITIONAL";

/** The alias of a client's browser flow. No client's id holds a dot, so that no two flows share an alias. */
export function gateAlias(client: string): string {
  return `gate-${client}`;
}

/** The client scope by which the flow after a login elsewhere knows the client. */
export function gateScope(client: string): string {
  return `gate-${client}`;
}

/** The flow that runs after every login at another provider. */
export const brokerAlias = "gate-broker";

/**
 * The browser flow of one client: who has no `role` of it is denied.
 *
 * A flow of its own, with the cookie before the form: a session of another application counts, and the role is asked for
 * all the same. The second factor stands in it because the realm's own browser flow, which asks for it, is not run.
 *
 * @param role the client's role, as `CLIENT.ROLE`
 */
export function gateFlows(client: string, role: string): Flows {
  const alias = gateAlias(client);
  const [login, form, otp, deny] = ["login", "form", "otp", "deny"].map((part) => `${alias}.${part}`) as [
    string,
    string,
    string,
    string,
  ];
  const denial = denialFlow(deny, role, []);
  return {
    authenticationFlows: [
      flow(alias, true, [subflow(login, "REQUIRED"), subflow(deny, "CONDITIONAL")]),
      flow(login, false, [
        step("auth-cookie", "ALTERNATIVE"),
        step("identity-provider-redirector", "ALTERNATIVE"),
        subflow(form, "ALTERNATIVE"),
      ]),
      flow(form, false, [step("auth-username-password-form", "REQUIRED"), subflow(otp, "CONDITIONAL")]),
      flow(otp, false, [step("conditional-user-configured", "REQUIRED"), step("auth-otp-form", "REQUIRED")]),
      ...denial.authenticationFlows,
    ],
    authenticatorConfig: denial.authenticatorConfig,
  };
}

/**
 * The flow that runs after a login at another provider, which ends without the client's own flow: for each client it denies
 * those without the role.
 */
export function brokerFlows(clients: readonly { readonly name: string; readonly role: string }[]): Flows {
  const parts = clients.map(({ name, role }) => {
    const alias = `${brokerAlias}.${name}`;
    const scope = `${alias}.scope`;
    const condition = step("conditional-client-scope", "REQUIRED", scope);
    const denial = denialFlow(alias, role, [condition]);
    const config = { alias: scope, config: { client_scope: gateScope(name) } };
    return { alias, ...denial, authenticatorConfig: [config, ...denial.authenticatorConfig] };
  });
  return {
    authenticationFlows: [
      flow(brokerAlias, true, [
        // A flow of which no step is run fails, and would turn everybody away.
        step("allow-access-authenticator", "REQUIRED"),
        ...parts.map(({ alias }) => subflow(alias, "CONDITIONAL")),
      ]),
      ...parts.flatMap(({ authenticationFlows }) => authenticationFlows),
    ],
    authenticatorConfig: parts.flatMap(({ authenticatorConfig }) => authenticatorConfig),
  };
}

function denialFlow(alias: string, role: string, conditions: readonly Step[]): Flows {
  const [without, message] = [`${alias}.role`, `${alias}.message`] as const;
  return {
    authenticationFlows: [
      flow(alias, false, [
        ...conditions,
        step("conditional-user-role", "REQUIRED", without),
        step("deny-access-authenticator", "REQUIRED", message),
      ]),
    ],
    authenticatorConfig: [
      { alias: without, config: { condUserRole: role, negate: "true" } },
      { alias: message, config: { denyErrorMessage: denied } },
    ],
  };
}

interface Step {
  readonly authenticator?: string;
  readonly flowAlias?: string;
  readonly authenticatorConfig?: string;
  readonly requirement: Requirement;
}

function step(authenticator: string, requirement: Requirement, config?: string): Step {
  return { authenticator, requirement, authenticatorConfig: config };
}

function subflow(flowAlias: string, requirement: Requirement): Step {
  return { flowAlias, requirement };
}

function flow(alias: string, topLevel: boolean, steps: readonly Step[]): Json {
  return {
    alias,
    builtIn: false,
    providerId: "basic-flow",
    topLevel,
    authenticationExecutions: steps.map((one, index) => ({
      ...one,
      authenticatorFlow: one.flowAlias !== undefined,
      priority: (index + 1) * 10,
      userSetupAllowed: false,
    })),
  };
}
