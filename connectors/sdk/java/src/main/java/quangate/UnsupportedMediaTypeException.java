// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `unsupported-media-type`: The body must be plain application/json. */
public class UnsupportedMediaTypeException extends QuangateException {
    private static final long serialVersionUID = 1L;

    UnsupportedMediaTypeException(Problem said) { super(said); }
}
