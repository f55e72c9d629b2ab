// Code made by `make sdk-code`: DO NOT EDIT.
package quangate;

/** `campaign-closed`: The campaign is not open. */
public class CampaignClosedException extends QuangateException {
    private static final long serialVersionUID = 1L;

    CampaignClosedException(Problem said) { super(said); }
}
