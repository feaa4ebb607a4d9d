import io.ray.api.Ray;
import io.ray.api.function.PyFunction;

/** Counts words. java.py runs the static methods as tasks, and an object as an actor. */
public class Words {
    private int total;

    /** Returns the number of words in a text. */
    public static int count(String text) {
        return text.split(" ").length;
    }

    /** Parses the number of a month, such as "07". Throws an exception if the text is not a number. */
    public static int month(String text) {
        return Integer.parseInt(text);
    }

    /** Passes the first word of a text to shout() in java.py, and returns the result. */
    public static String shoutFirst(String text) {
        PyFunction<String> shout = PyFunction.of("java", "shout", String.class);
        return Ray.task(shout, text.split(" ")[0]).remote().get();
    }

    /** Adds the words of a text to the total, and returns it. */
    public int add(String text) {
        total += count(text);
        return total;
    }
}
