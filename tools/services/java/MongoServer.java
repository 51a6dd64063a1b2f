import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/** Runs mongo-java-server in memory, with an oplog for change streams, on the loopback port given. */
public class MongoServer {
  public static void main(String[] args) {
    var server = new de.bwaldvogel.mongo.MongoServer(new MemoryBackend().version(new Version44()));
    server.enableOplog();
    server.bind("127.0.0.1", Integer.parseInt(args[0]));
    System.out.println("Listening");
  }

  /** What it calls itself by itself is too old for the driver, though they understand each other. */
  private static class Version44 implements MongoVersion {
    @Override
    public List<Integer> getVersionArray() {
      return List.of(4, 4, 0);
    }

    @Override
    public int getWireVersion() {
      return 9;
    }
  }
}
