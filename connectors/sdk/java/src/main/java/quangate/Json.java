package quangate;

import com.nimbusds.jose.util.JSONObjectUtils;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** JSON, and whether an answer is what it should be. */
final class Json {
    private static final Pattern SHAPE = Pattern.compile("(~?)(\\w+)(\\[]|\\{})?(\\??)");

    private Json() {}

    /** The object; null: it is none. */
    static Map<String, Object> object(String text) {
        try {
            return JSONObjectUtils.parse(text);
        } catch (java.text.ParseException | RuntimeException none) {
            return null;
        }
    }

    static String write(Map<String, ?> said) { return JSONObjectUtils.toJSONString(said); }

    static String text(Object said) { return said instanceof String text ? text : ""; }

    static Long number(Object said) { return said instanceof Number number ? number.longValue() : null; }

    @SuppressWarnings("unchecked")
    static Map<String, Object> map(Object said) { return (Map<String, Object>) said; }

    @SuppressWarnings("unchecked")
    static List<Object> list(Object said) { return (List<Object>) said; }

    /** Text by name. */
    static Map<String, String> texts(Object said) {
        Map<String, String> found = new java.util.LinkedHashMap<>();
        map(said).forEach((name, value) -> found.put(name, text(value)));
        return found;
    }

    /** Whether what was read is a model: members that are missing, or of another kind, make it none. */
    static boolean is(String model, Object said) {
        if (!(said instanceof Map<?, ?> members)) return false;
        for (Map.Entry<String, String> each : Shapes.OF.getOrDefault(model, Map.of()).entrySet()) {
            if (!isMember(each.getValue(), members, each.getKey())) return false;
        }
        return true;
    }

    private static boolean isMember(String how, Map<?, ?> members, String name) {
        Matcher found = SHAPE.matcher(how);
        if (!found.matches()) return false;
        boolean optional = !found.group(1).isEmpty();
        Object said = members.get(name);
        if (said == null) return optional || members.containsKey(name) && !found.group(4).isEmpty();
        String kind = found.group(2);
        String many = found.group(3);
        if (many == null) return isOne(kind, said);
        Iterable<?> each = null;
        if (many.equals("[]") && said instanceof List<?> list) each = list;
        if (many.equals("{}") && said instanceof Map<?, ?> named) each = named.values();
        if (each == null) return false;
        for (Object one : each) if (!isOne(kind, one)) return false;
        return true;
    }

    private static boolean isOne(String kind, Object said) {
        return switch (kind) {
            case "t" -> said instanceof String;
            case "i" -> said instanceof Long || said instanceof Integer;
            case "b" -> said instanceof Boolean;
            case "a" -> true;
            default -> is(kind, said);
        };
    }
}
