import { groundplan } from "groundplan";

// Pulumi.STACK.yaml says what each stack runs. What settings cannot say is added here, such as:
//
//   const database = platform.database({ name: "wiki", consumer: { namespace: "wiki" } });
//   new Wiki(platform.environment, { database, host: platform.host({ … }) });
export default groundplan((platform) => {
  void platform;
});
