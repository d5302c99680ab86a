import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.Key;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.util.Collections;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.SecretKey;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.SecretKeySpec;

/**
 * Java's view of keystores, for tests: one request a line on the input, one answer a line on the output, fields apart
 * by a space, text as hexadecimal UTF-16, "-" for none.
 *
 * <pre>
 * read TYPE FILE STORE_PASSWORD KEY_PASSWORD LOOKUP...  → ok FOUND... then ALIAS KIND MILLIS ALGORITHM BYTES for each entry
 * list FILE STORE_PASSWORD  → ok and the number of entries that keytool -list prints; keytool ends the program where it fails
 * write FILE STORE_PASSWORD KEY_PASSWORD ALIAS ALGORITHM BYTES  → ok
 * </pre>
 *
 * FOUND is true or false for each alias to look up. Anything that goes wrong is answered with "error" and what it was.
 */
public class Keystores {
  public static void main(String[] arguments) throws Exception {
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      String[] fields = line.split(" ");
      try {
        out.println(
          switch (fields[0]) {
            case "read" -> read(fields);
            case "list" -> list(fields);
            default -> write(fields);
          });
      } catch (Exception problem) {
        out.println("error " + problem);
      }
    }
  }

  /** A key of a class that is not the JDK's. */
  private static class OwnKey implements SecretKey {
    private static final long serialVersionUID = 1;
    private final int number = 1;

    public String getAlgorithm() {
      return "Own";
    }

    public String getFormat() {
      return "RAW";
    }

    public byte[] getEncoded() {
      return new byte[] {(byte) number};
    }
  }

  private static String read(String[] fields) throws Exception {
    KeyStore store = KeyStore.getInstance(fields[1]);
    try (InputStream in = Files.newInputStream(Path.of(fields[2]))) {
      store.load(in, chars(fields[3]));
    }
    var answer = new StringBuilder("ok");
    for (int i = 5; i < fields.length; i++) {
      answer.append(' ').append(store.containsAlias(text(fields[i])));
    }
    for (String alias : Collections.list(store.aliases())) {
      answer.append(' ').append(hex(alias)).append(' ');
      if (store.isCertificateEntry(alias)) {
        Certificate certificate = store.getCertificate(alias);
        answer.append("certificate ").append(store.getCreationDate(alias).getTime());
        answer.append(" X.509 ").append(HexFormat.of().formatHex(certificate.getEncoded()));
      } else {
        Key key = store.getKey(alias, chars(fields[4]));
        answer.append("key ").append(store.getCreationDate(alias).getTime()).append(' ').append(key.getAlgorithm());
        answer.append(' ').append(HexFormat.of().formatHex(key.getEncoded()));
      }
    }
    return answer.toString();
  }

  /** The program itself, in this virtual machine: a start for each of hundreds of stores would take minutes. */
  private static String list(String[] fields) throws Exception {
    PrintStream own = System.out;
    PrintStream errors = System.err;
    var printed = new ByteArrayOutputStream();
    System.setOut(new PrintStream(printed, true, StandardCharsets.UTF_8));
    // Its advice to use another format, for each store.
    System.setErr(new PrintStream(OutputStream.nullOutputStream()));
    try {
      sun.security.tools.keytool.Main.main(
        new String[] {"-list", "-keystore", fields[1], "-storetype", "jceks", "-storepass", text(fields[2])});
    } finally {
      System.setOut(own);
      System.setErr(errors);
    }
    Matcher entries = Pattern.compile("contains (\\d+) entr").matcher(printed.toString(StandardCharsets.UTF_8));
    return entries.find() ? "ok " + entries.group(1) : "error " + printed;
  }

  private static String write(String[] fields) throws Exception {
    KeyStore store = KeyStore.getInstance("JCEKS");
    store.load(null, null);
    SecretKey key = new SecretKeySpec(HexFormat.of().parseHex(fields[6]), fields[5]);
    if (fields[5].equals("DESede")) key = SecretKeyFactory.getInstance("DESede").translateKey(key);
    if (fields[5].equals("Own")) key = new OwnKey();
    store.setKeyEntry(text(fields[4]), key, chars(fields[3]), null);
    try (OutputStream to = Files.newOutputStream(Path.of(fields[1]))) {
      store.store(to, chars(fields[2]));
    }
    return "ok";
  }

  private static char[] chars(String field) {
    return field.equals("-") ? null : text(field).toCharArray();
  }

  private static String text(String hex) {
    byte[] bytes = HexFormat.of().parseHex(hex);
    char[] chars = new char[bytes.length / 2];
    for (int i = 0; i < chars.length; i++) {
      chars[i] = (char) ((bytes[2 * i] & 0xff) << 8 | bytes[2 * i + 1] & 0xff);
    }
    return new String(chars);
  }

  private static String hex(String text) {
    var hex = new StringBuilder();
    for (char c : text.toCharArray()) hex.append(HexFormat.of().toHexDigits(c));
    return hex.toString();
  }
}
