import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import javax.xml.parsers.SAXParser;
import javax.xml.parsers.SAXParserFactory;
import org.xml.sax.InputSource;
import org.xml.sax.SAXParseException;
import org.xml.sax.helpers.DefaultHandler;

/** One document a line, its bytes in hexadecimal; answers "ok", "LINE COLUMN MESSAGE" or "error MESSAGE". */
public class Xml {
  public static void main(String[] arguments) throws Exception {
    SAXParserFactory factory = SAXParserFactory.newInstance();
    factory.setNamespaceAware(true);
    factory.setFeature("http://apache.org/xml/features/disallow-doctype-decl", true);
    var lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
    var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    for (String line = lines.readLine(); line != null; line = lines.readLine()) {
      SAXParser parser = factory.newSAXParser();
      try {
        byte[] bytes = HexFormat.of().parseHex(line);
        parser.parse(new InputSource(new java.io.ByteArrayInputStream(bytes)), new DefaultHandler());
        out.println("ok");
      } catch (SAXParseException problem) {
        out.println(problem.getLineNumber() + " " + problem.getColumnNumber() + " " + oneLine(problem));
      } catch (Exception problem) {
        out.println("error " + oneLine(problem));
      }
    }
  }

  private static String oneLine(Exception problem) {
    return String.valueOf(problem.getMessage()).replaceAll("\\s+", " ");
  }
}
