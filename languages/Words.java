import io.ray.api.Ray;
import io.ray.api.function.PyFunction;

/** Counts words. A static method can run as a task, an object can run as an actor. */
public class Words {
    private int total;

    /** Returns how many words a text has. */
    public static int count(String text) {
        return text.split(" ").length;
    }

    /** Returns the number of a month, such as "07". Anything else raises an exception. */
    public static int month(String text) {
        return Integer.parseInt(text);
    }

    /** Returns the first word of a text as the function shout() of java.py changes it. */
    public static String shoutFirst(String text) {
        PyFunction<String> shout = PyFunction.of("java", "shout", String.class);
        return Ray.task(shout, text.split(" ")[0]).remote().get();
    }

    /** Adds the words of a text to those counted before, and returns the total. */
    public int add(String text) {
        total += count(text);
        return total;
    }
}
