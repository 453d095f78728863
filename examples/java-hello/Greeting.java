class Greeting {
    private final String from;

    Greeting(String from) {
        this.from = from;
    }

    String text() {
        return "Hello from " + from;
    }
}
