import com.hazelcast.config.Config;
import com.hazelcast.config.JoinConfig;
import com.hazelcast.config.NetworkConfig;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastInstance;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A member of a Hazelcast cluster that is configured as Confluence configures its own: join by Kubernetes, the port of the system
 * property, no other port, the name of the cluster. Everything else is what Hazelcast reads from the environment.
 *
 * <p>What the kubelet gives a pod comes by arguments: the pod's address, the API server, and the files of the token and of the CA.
 * The number of members is a line on the output, once a second. Runs with Hazelcast 3.12 and 5.
 */
public class Member {
  public static void main(String[] args) throws Exception {
    String address = args[0];
    Config config = new Config();
    name(config, System.getenv("ATL_CLUSTER_NAME"));
    config.setProperty("hazelcast.logging.type", "jdk");
    config.setProperty("hazelcast.phone.home.enabled", "false");
    // Members start one after another, so that the first need not wait for others that start with it.
    config.setProperty("hazelcast.wait.seconds.before.join", "1");
    // In a pod, there is no other address.
    config.setProperty("hazelcast.socket.bind.any", "false");
    NetworkConfig network = config.getNetworkConfig();
    network.setPort(Integer.getInteger("confluence.cluster.hazelcast.listenPort", 5801));
    network.setPortAutoIncrement(false);
    network.getInterfaces().setEnabled(true).addInterface(address);
    JoinConfig join = network.getJoin();
    join.getMulticastConfig().setEnabled(false);
    join.getKubernetesConfig()
        .setEnabled(true)
        .setProperty("kubernetes-master", args[1])
        .setProperty("api-token", Files.readString(Path.of(args[2])).trim())
        .setProperty("ca-certificate", Files.readString(Path.of(args[3])));
    HazelcastInstance member = Hazelcast.newHazelcastInstance(config);
    for (; ; ) {
      System.out.println("members " + member.getCluster().getMembers().size());
      Thread.sleep(1000);
    }
  }

  /** A cluster has a name of its own since 4.0, and that of a group before. */
  private static void name(Config config, String name) throws Exception {
    try {
      Config.class.getMethod("setClusterName", String.class).invoke(config, name);
    } catch (NoSuchMethodException before) {
      Object group = Config.class.getMethod("getGroupConfig").invoke(config);
      group.getClass().getMethod("setName", String.class).invoke(group, name);
    }
  }
}
