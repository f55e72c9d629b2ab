package quangate;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** A folder with one small file for each intent; any number of processes may share it. */
public final class NumberStore {
    private final Path folder;

    public NumberStore(Path folder) {
        this.folder = folder;
        try {
            Files.createDirectories(folder);
        } catch (IOException wrong) {
            throw new UncheckedIOException(wrong);
        }
    }

    /**
     * The same number whenever the same intent (a basket, a payment, a row of your own) is asked for,
     * also after a crash between asking and ordering. It is durable when it is returned.
     */
    public String number(String intent) {
        if (intent == null || intent.isEmpty()) throw new IllegalArgumentException("an intent has a name");
        Path file = folder.resolve(Signing.sha256(Signing.utf8(intent)));
        try {
            try {
                return Files.readString(file);
            } catch (NoSuchFileException none) {
                make(file);
                return Files.readString(file);
            }
        } catch (IOException wrong) {
            throw new UncheckedIOException(wrong);
        }
    }

    private void make(Path file) throws IOException {
        Path draft = folder.resolve("." + Signing.random());
        try (FileChannel out = FileChannel.open(draft, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
            out.write(ByteBuffer.wrap(("N" + Signing.random()).getBytes(StandardCharsets.US_ASCII)));
            out.force(true);
        }
        try {
            Files.createLink(file, draft); // whole or not at all, and never over another's
        } catch (FileAlreadyExistsException another) {
            // That one is the number.
        } finally {
            Files.deleteIfExists(draft);
        }
        try (FileChannel kept = FileChannel.open(folder, StandardOpenOption.READ)) {
            kept.force(true);
        }
    }
}
