import org.codelibs.opensearch.runner.OpenSearchRunner;

/** Runs one OpenSearch node in a folder until the process ends. */
public final class OpenSearchNode {
  /** Arguments: the folder, then settings as key=value. */
  public static void main(String[] args) throws Exception {
    OpenSearchRunner runner = new OpenSearchRunner();
    runner.onBuild((number, settings) -> {
      for (int i = 1; i < args.length; i++) {
        String[] setting = args[i].split("=", 2);
        settings.put(setting[0], setting[1]);
      }
    });
    Runtime.getRuntime().addShutdownHook(new Thread(() -> {
      try {
        runner.close();
      } catch (Exception problem) {
        problem.printStackTrace();
      }
    }));
    try {
      runner.build(OpenSearchRunner.newConfigs().basePath(args[0]).numOfNode(1));
    } catch (Throwable problem) {
      problem.printStackTrace();
      System.exit(1);
    }
    // All threads of the node are daemons.
    Thread.currentThread().join();
  }
}
